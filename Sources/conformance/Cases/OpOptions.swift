import ArgumentParser
import Fluxion

/// How the cases of operations are run.
struct OpOptions {
  /// Only cases of this tier, of this operation.
  var tier: String?
  var operation: String?
  /// Where the tensors live; nil for the CPU.
  var device: String?
  var layout = InputLayout.dense
  /// Whether float32 stands in for float64.
  var isSingle = false
  /// Whether what is true in a boolean input is any byte but zero, as in memory that bytes were copied to.
  var hasAnyBytes = false

  func dtype(for dtype: DType) -> DType { dtype == .float64 && isSingle ? .float32 : dtype }
}

/// The options as they stand on the command line.
struct OpArguments: ParsableArguments {
  @Option(help: "Only cases of this tier.")
  var tier: String?

  @Option(name: .customLong("op"), help: "Only cases of this operation, by PyTorch's name.")
  var operation: String?

  @Option(help: "Where the tensors live: cpu, mps, reference.")
  var device: String?

  @Option(help: "How the inputs lie in memory.")
  var layout = InputLayout.dense

  @Option(help: "The dtype in place of float64: values within 1e-4 then count as right.")
  var dtype: StandIn?

  @Flag(help: "Elementwise results wait to be fused with what follows, however small.")
  var fused = false

  @Flag(help: "Booleans that are true are bytes of any value but zero.")
  var anyBytes = false

  enum StandIn: String, ExpressibleByArgument, CaseIterable { case float32 }

  var options: OpOptions {
    OpOptions(
      tier: tier, operation: operation, device: device, layout: layout, isSingle: dtype == .float32,
      hasAnyBytes: anyBytes)
  }
}

/// The ways in which the elements of an input can lie in memory.
enum InputLayout: String, ExpressibleByArgument, CaseIterable {
  /// In order, without gaps.
  case dense
  /// In the order of the dimensions reversed.
  case transposed
  /// With others before, between and behind.
  case sliced
  /// Every second one of a block.
  case strided
  /// Read from one of two places that are the same memory.
  case expanded

  /// The same values, lying in that way. A function of the tensor in the graph, so that gradients reach the original.
  func applied(to x: Tensor) -> Tensor {
    let dims = Array(0..<x.rank)
    switch self {
    case .dense: return x
    case .transposed: return x.permute(dims.reversed()).contiguous().permute(dims.reversed())
    case .expanded: return x.unsqueeze(0).expand([2] + x.shape).select(dim: 0, index: 1)
    case .sliced:
      guard x.rank > 0 else { return stack([x, x, x]).select(dim: 0, index: 1) }
      let others = x.detach()
      let block = concatenate([others, x, others], dim: -1)
      return block.narrow(dim: -1, start: x.size(-1), length: x.size(-1))
    case .strided:
      let block = stack([x, x.detach()], dim: -1)
      return block.select(dim: -1, index: 0)
    }
  }
}
