/// A workload by name; its memory is there only once it is made.
struct WorkloadRecipe {
  let name: String
  let make: () -> Workload
}

/// One thing to measure, and what it is measured against.
struct Workload {
  let name: String
  /// Work done by one call, for the rate: floating point operations of a product, elements of an elementwise operation.
  let work: Double
  let unit: Unit
  /// The library.
  let library: () -> Void
  /// Loops as anybody would write them: plain Swift for elementwise work, the Reference device for products.
  var naive: (() -> Void)?
  /// OpenBLAS with its own threads for products, a C loop over preallocated memory for elementwise work.
  var direct: (() -> Void)?
  /// For products: OpenBLAS with one thread on each half of the result.
  var split: (() -> Void)?

  enum Unit: String {
    case flops = "GFLOP/s"
    case elements = "Gelem/s"
    case calls = "M/s"
  }
}
