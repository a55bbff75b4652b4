import CBLAS
import Fluxion

/// Square products in float32 and float64.
func productWorkloads() -> [WorkloadRecipe] {
  [16, 32, 64, 128, 256, 512, 1024].flatMap { n in
    [
      WorkloadRecipe(name: "matmul_\(n)_float32") { product(n, Float.self, dtype: .float32) },
      WorkloadRecipe(name: "matmul_\(n)_float64") { product(n, Double.self, dtype: .float64) },
    ]
  }
}

private func product<T: BinaryFloatingPoint & Element>(_ n: Int, _: T.Type, dtype: DType) -> Workload {
  let values = (0..<n * n).map { T(Double($0 % 17) * 0.25 - 2) }
  let a = Tensor(values, shape: [n, n])
  let b = Tensor(values.reversed(), shape: [n, n])
  let memory = UnsafeMutablePointer<T>.allocate(capacity: 3 * n * n)
  memory.initialize(repeating: 0, count: 3 * n * n)
  let pa = memory
  let pb = memory + n * n
  let pc = memory + 2 * n * n
  for i in 0..<n * n {
    pa[i] = values[i]
    pb[i] = values[n * n - 1 - i]
  }
  var workload = Workload(
    name: "matmul_\(n)_\(dtype.name)", work: 2 * Double(n) * Double(n) * Double(n), unit: .flops,
    library: { _ = a.matmul(b) })
  if n <= 256 {
    let ra = a.to(.reference)
    let rb = b.to(.reference)
    workload.naive = { _ = ra.matmul(rb) }
  }
  workload.direct = {
    openblas_set_num_threads(Int32(getNumThreads()))
    gemm(n, rows: 0..<n, pa, pb, pc)
    openblas_set_num_threads(1)
  }
  workload.split = {
    ThreadPool.shared.parallel(count: n, grain: (n + getNumThreads() - 1) / getNumThreads()) { rows in
      gemm(n, rows: rows, pa, pb, pc)
    }
  }
  return workload
}

/// Some rows of c = a · b by OpenBLAS.
private func gemm<T: BinaryFloatingPoint>(
  _ n: Int, rows: Range<Int>, _ a: UnsafeMutablePointer<T>, _ b: UnsafeMutablePointer<T>, _ c: UnsafeMutablePointer<T>
) {
  let size = Int32(n)
  let first = rows.lowerBound * n
  if T.self == Float.self {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows.count), size, size, 1,
      UnsafeRawPointer(a + first).assumingMemoryBound(to: Float.self), size,
      UnsafeRawPointer(b).assumingMemoryBound(to: Float.self), size, 0,
      UnsafeMutableRawPointer(c + first).assumingMemoryBound(to: Float.self), size)
  } else {
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows.count), size, size, 1,
      UnsafeRawPointer(a + first).assumingMemoryBound(to: Double.self), size,
      UnsafeRawPointer(b).assumingMemoryBound(to: Double.self), size, 0,
      UnsafeMutableRawPointer(c + first).assumingMemoryBound(to: Double.self), size)
  }
}
