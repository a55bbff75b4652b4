import Autograd
import Devices
import Testing

@Suite struct DivisionTests {
  private typealias Division = @Sendable (Tensor, Tensor) -> Tensor
  private static let divisions: [(name: String, divide: @Sendable (Tensor, Tensor) -> Tensor)] = [
    ("floorDivide", { $0.floorDivide($1) }), ("remainder", { $0.remainder($1) }), ("%", { $0 % $1 }), ("fmod", { $0.fmod($1) }),
    ("div trunc", { $0.div($1, roundingMode: .trunc) }), ("div floor", { $0.div($1, roundingMode: .floor) }),
    ("kernel", { ElementwiseKernel { x, y in x.callInstruction(.floorDivide, y + 0) }($0, $1) }),
  ]
  private static let integers = DType.allCases.filter(\.isIntegral)

  private func message(_ body: () -> Tensor) -> String? {
    do {
      // The accelerator finds out when it is asked for the values.
      _ = try checked { try checked { body() }.to(.cpu).scalars(as: Double.self) }
      return nil
    } catch { return (error as? TensorError)?.message }
  }

  /// PyTorch's rule of the CPU, for dtypes and shapes of any mixture.
  @Test(arguments: divisions.indices, ["cpu", "mps", "reference"])
  func integersByZero(_ index: Int, name: String) throws {
    // A failed command of the one that all tests share would be heard of elsewhere.
    let device: any Device = try name == "mps" ? AcceleratorDevice() : device(named: name)
    let (operation, divide) = Self.divisions[index]
    for left in Self.integers {
      for right in Self.integers where left != .bool || right != .bool {
        for (a, b) in [([], []), ([2], []), ([], [2]), ([2, 3], [3])] as [([Int], [Int])] {
          let x = Tensor.ones(a, dtype: left, device: device)
          var y = Tensor.ones(b, dtype: right, device: device)
          #expect(message { divide(x, y) } == nil, "\(operation) \(left.name) \(right.name)")
          // Of several divisors the last alone.
          if b.isEmpty { y = y.zerosLike() } else { y[b[0] - 1] = Tensor(0).to(right).to(device) }
          let text = message { divide(x, y) }
          #expect(
            text?.hasPrefix("ZeroDivisionError") == true, "\(operation) \(left.name)\(a) \(right.name)\(b): \(text ?? "none")")
          if name == "cpu" { #expect(text == "ZeroDivisionError") }
        }
      }
    }
  }

  @Test func numbersThatAreZero() {
    for dtype in Self.integers {
      let x = Tensor.ones([2], dtype: dtype)
      for divide in [{ $0.floorDivide(0) }, { $0.remainder(0) }, { $0 % 0 }, { $0.fmod(0) }, { $0.div(0, roundingMode: .trunc) }]
        as [(Tensor) -> Tensor]
      {
        #expect(message { divide(x) } == "ZeroDivisionError")
      }
      // A boolean zero leaves two booleans, which have no quotient at all.
      #expect(
        message { x.remainder(false) } == (dtype == .bool ? "\"remainder_cpu\" not implemented for 'Bool'" : "ZeroDivisionError"))
      #expect(message { x.floorDivide(0.0) } == nil)
      #expect(x.fmod(0.0).isNaN() == Tensor([true, true]))
    }
  }

  /// Nothing is divided where there is nothing, and shapes come before values.
  @Test func whatComesFirst() {
    let empty = Tensor.ones([0], dtype: .int64)
    #expect(message { empty % 0 } == nil)
    #expect(message { empty % Tensor(0) } == nil)
    #expect(
      message { Tensor.ones([3], dtype: .int64) % Tensor.zeros([2], dtype: .int64) }
        == "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 0")
  }

  /// What is to be replaced stays as it was.
  @Test(arguments: ["cpu", "reference"])
  func inPlace(name: String) throws {
    let kernel = ElementwiseKernel { x, y in x.callInstruction(.remainder, y) }
    var x = Tensor([5, 6, 7]).to(try device(named: name))
    let y = Tensor([2, 0, 4]).to(x.device)
    #expect(
      message {
        kernel.update(&x, with: y)
        return x
      } == "ZeroDivisionError")
    #expect(x.to(.cpu) == Tensor([5, 6, 7]))
    kernel.update(&x, with: y + 1)
    #expect(x.to(.cpu) == Tensor([2, 0, 2]))
  }

  /// PyTorch stops there with a signal of the processor. Here it wraps, as sums and products do.
  @Test(arguments: ["cpu", "mps", "reference"])
  func leastIntegerByMinusOne(name: String) throws {
    // A failed command of the one that all tests share would be heard of elsewhere.
    let device: any Device = try name == "mps" ? AcceleratorDevice() : device(named: name)
    for (dtype, least) in [(DType.int8, -128), (.int16, -32768), (.int32, -2_147_483_648), (.int64, Int.min)] {
      let x = Tensor([least, least, 9], dtype: dtype, device: device)
      let y = Tensor([-1, 1, -2], dtype: dtype, device: device)
      #expect(x.floorDivide(y).to(.cpu) == Tensor([least, least, -5], dtype: dtype))
      #expect(x.div(y, roundingMode: .trunc).to(.cpu) == Tensor([least, least, -4], dtype: dtype))
      #expect(x.remainder(y).to(.cpu) == Tensor([0, 0, -1], dtype: dtype))
      #expect(x.fmod(y).to(.cpu) == Tensor([0, 0, 1], dtype: dtype))
    }
  }
}
