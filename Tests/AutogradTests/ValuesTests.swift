import Fluxion
import Testing

/// Values in and out: arrays, bytes, single numbers, devices by name.
@Suite("Values") struct ValuesTests {
  private static func message(_ body: () throws -> Void) -> String? {
    do { try checked(body) } catch let error as TensorError { return error.message } catch { return "\(error)" }
    return nil
  }

  // MARK: In

  @Test func literalsWithAShapeHaveTheDtypeThatTheyHaveWithoutOne() {
    #expect(Tensor([1.0, 2, 3, 4], shape: [2, 2]).dtype == .float32)
    #expect(Tensor([1, 2], shape: [2, 1]).dtype == .int64)
    #expect(Tensor([true, false], shape: [2, 1]).dtype == .bool)
    #expect(Tensor([1.0, .nan, -.infinity]).dtype == .float32)
    #expect(Tensor([1.0, -.infinity]).scalars(as: Float.self) == [1, -.infinity])
    #expect(Tensor([[1, 2], [3, 4]], shape: [4]).scalars(as: Int.self) == [1, 2, 3, 4])
    #expect(Tensor([1.0, 2] as [Double], shape: [2, 1]).dtype == .float64)
  }

  @Test func sequencesOfValues() {
    let values: [Float] = [0, 1, 2, 3, 4, 5]
    #expect(Tensor(0..<6, shape: [2, 3]).dtype == .int64)
    #expect(Tensor(0..<6, shape: [2, 3]) == Tensor([[0, 1, 2], [3, 4, 5]]))
    #expect(Tensor(0..<3).scalars(as: Int.self) == [0, 1, 2])
    #expect(Tensor(values[2...], shape: [2, 2]).scalars(as: Float.self) == [2, 3, 4, 5])
    #expect(Tensor(stride(from: 0.5, to: 2, by: 0.5)).dtype == .float64)
    #expect(Tensor(values.lazy.map { $0 * 2 }).scalars(as: Float.self) == [0, 2, 4, 6, 8, 10])
    values.withUnsafeBufferPointer { #expect(Tensor($0, shape: [3, 2]).dtype == .float32) }
    #expect(Tensor([] as [Float], shape: [0, 3]).shape == [0, 3])
    #expect(Tensor([] as [Float], shape: [2, 0]).scalars(as: Double.self) == [])
  }

  @Test func aCountThatDoesNotFitTheShape() {
    let text = "shape '[2, 3]' is invalid for input of size 5"
    #expect(Self.message { _ = Tensor([1, 2, 3, 4, 5] as [Float], shape: [2, 3]) } == text)
    #expect(Self.message { _ = Tensor([1.0, 2, 3, 4, 5], shape: [2, 3]) } == text)
    #expect(Self.message { _ = Tensor(0..<5, shape: [2, 3]) } == text)
    #expect(Self.message { _ = Tensor(bytes: [UInt8](repeating: 0, count: 20), dtype: .float32, shape: [2, 3]) } == text)
  }

  /// Each Swift type into each dtype and back, beside the casts of a tensor that holds the values.
  @Test(arguments: ["cpu", "mps", "reference"]) func everyElementToEveryDtype(device: String) {
    func roundTrip<T: Element & Equatable>(_ values: [T]) {
      let own = Tensor(values, shape: [values.count], device: device)
      #expect(own.dtype == T.dtype && own.device.type == device)
      #expect(own.scalars(as: T.self) == values)
      for dtype in DType.allCases {
        let given = Tensor(values, shape: [values.count, 1], dtype: dtype, device: device)
        #expect(given.dtype == dtype)
        #expect(given == own.to(dtype).unsqueeze(1), "\(T.self) to \(dtype)")
        #expect(given.scalars(as: T.self) == given.to(T.dtype).scalars(as: T.self), "\(dtype) to \(T.self)")
      }
    }
    roundTrip([true, false, true])
    roundTrip([0, 1, 255] as [UInt8])
    roundTrip([-128, 0, 127] as [Int8])
    roundTrip([-300, 7] as [Int16])
    roundTrip([-70_000, 7] as [Int32])
    roundTrip([-5, 1 << 53 + 1] as [Int64])
    roundTrip([3, -4] as [Int])
    roundTrip([Half(0.5), Half(-2)])
    roundTrip([BFloat16(0.5), BFloat16(-2)])
    roundTrip([0.5, -2.75, .infinity, 1e30] as [Float])
    roundTrip([0.1, -2.75, -.infinity, 1e300] as [Double])
  }

  // MARK: Out

  @Test(arguments: ["cpu", "mps"]) func scalarsOfViewsAndVariables(device: String) {
    let x = Tensor(0..<6, shape: [2, 3], dtype: .float32, device: device, requiresGrad: true)
    #expect(x.scalars(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(x.T.scalars(as: Float.self) == [0, 3, 1, 4, 2, 5])
    #expect(x[1].scalars(as: Int32.self) == [3, 4, 5])
    #expect(x[.all, 1].scalars(as: Double.self) == [1, 4])
    #expect((x * 2).scalars(as: Float.self) == [0, 2, 4, 6, 8, 10])
    #expect(Tensor([0.0, 0.5, 2], device: device).scalars(as: Bool.self) == [false, true, true])
    #expect(Tensor(7).expand([2, 2]).scalars(as: Int.self) == [7, 7, 7, 7])
  }

  @Test func oneElementAsANumber() {
    let x = Tensor([[2.75]])
    #expect(Float(x) == 2.75 && Double(x) == 2.75 && Int(x) == 2 && Bool(x))
    #expect(Int32(x) == 2 && UInt8(x) == 2 && Int64(x) == 2)
    #expect(Float(Tensor(16_777_217)) == 16_777_216)
    #expect(Self.message { _ = Float(Tensor([1.0, 2])) } == "a Tensor with 2 elements cannot be converted to Scalar")
  }

  // MARK: Bytes

  @Test(arguments: ["cpu", "mps", "reference"]) func bytesOfElements(device: String) throws {
    let x = Tensor([[1.0, 2, 3], [4, 5, 6]], device: device)
    #expect(try x.T.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == [1, 4, 2, 5, 3, 6])
    #expect(try x[1].withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: Float.self) } == 5)
    #expect(try x.withUnsafeBytes { $0.count } == 24)
    #expect(try (x * 2).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == [2, 4, 6, 8, 10, 12])
    let copy = try x.withUnsafeBytes { Tensor(bytes: $0, dtype: .float32, shape: [3, 2], device: device) }
    #expect(copy == x.reshape([3, 2]))
  }

  @Test func bytesMakeATensor() throws {
    #expect(Tensor(bytes: [1, 0, 255, 255] as [UInt8], dtype: .int16, shape: [2]) == Tensor([1, -1]))
    #expect(Tensor(bytes: [0, 2, 128] as [UInt8], dtype: .bool, shape: [3]).byte() == Tensor([0, 1, 1]))
    #expect(Tensor(bytes: (0..<4).lazy.map { UInt8($0) }, dtype: .uint8, shape: [2, 2]) == Tensor([[0, 1], [2, 3]]))
    #expect(
      Self.message { _ = Tensor(bytes: [UInt8](repeating: 0, count: 13), dtype: .float32, shape: [3]) }
        == "buffer length (13 bytes) after offset (0 bytes) must be a multiple of element size (4)")
    let source = Tensor([1.0, 2])
    var copy = try source.withUnsafeBytes { Tensor(bytes: $0, dtype: .float32, shape: [2]) }
    copy[0] = Tensor(9.0)
    #expect(source == Tensor([1.0, 2]))
  }

  @Test func bytesOfWhatFailedThrow() {
    let text = Self.message {
      let x = Tensor([1.0, 2]) + Tensor([1.0, 2, 3])
      _ = try x.withUnsafeBytes { $0.count }
    }
    #expect(text?.contains("must match the size of tensor b (3)") == true)
    struct Stop: Error {}
    #expect(throws: Stop.self) { try Tensor([1.0]).withUnsafeBytes { _ in throw Stop() } }
  }

  // MARK: Devices by name

  @Test func aDeviceIsNamedWhereOneIsAskedFor() {
    let name = "mps"
    let made: [Tensor] = [
      Tensor([1.0], device: "mps"), Tensor([1] as [Float], device: name), Tensor(2.5 as Float, device: name),
      .zeros([2], device: "mps"),
      .ones([2], device: name), .empty([2], device: "mps"), .full([2], 7, device: "mps"), .arange(3, device: "mps"),
      .linspace(0, 1, steps: 3, device: "mps"), .eye(2, device: "mps"), .rand([2], device: "mps"), .randn([2], device: name),
      .uniform([2], device: "mps"), .randint(5, [2], device: "mps"), .randperm(3, device: "mps:0"), .scalarTensor(1, device: "mps"),
      .trilIndices(2, 2, device: "mps"), Tensor([1.0]).zerosLike(device: "mps"), Tensor([1.0]).newFull([2], 1, device: "mps"),
      Tensor([1.0]).emptyLike(device: name), Tensor([1.0]).randLike(device: "mps"), SignalWindows.hann(4, device: "mps"),
      Tensor([1.0]).to("mps"), Tensor(Tensor([1.0]), device: "mps"), Tensor([1.0]).to(Tensor.zeros([1], device: "mps").device),
      Tensor.zeros([1], device: .accelerator),
    ]
    for (index, tensor) in made.enumerated() { #expect(tensor.device === AcceleratorDevice.shared, "\(index)") }
  }

  @Test func aDeviceThatIsNotThere() {
    let unknown = "device type at start of device string: nope"
    #expect(Self.message { _ = Tensor.zeros([2], device: "nope") }?.hasSuffix(unknown) == true)
    #expect(Self.message { _ = Tensor([1.0], device: "nope") }?.hasSuffix(unknown) == true)
    #expect(Self.message { _ = Tensor([1.0]).zerosLike(device: "nope") }?.hasSuffix(unknown) == true)
    #expect(Self.message { _ = Tensor.rand([1], device: "nope") }?.hasSuffix(unknown) == true)
    #expect(Self.message { _ = Tensor([1.0]).to("nope") }?.hasSuffix(unknown) == true)
    #expect(Self.message { _ = Tensor.zeros([2], device: "cuda") } == "Fluxion is not linked with support for cuda devices")
    #expect(Self.message { _ = Tensor.eye(2, device: "") } == "Device string must not be empty")
  }

  // MARK: Small ones

  /// Numbers of PyTorch after `torch.manual_seed(42)`.
  @Test func uniformDrawsTheNumbersOfPyTorch() {
    manualSeed(42)
    #expect(Tensor.uniform(low: -2, high: 3, [5]).description == "tensor([ 2.4113,  2.5750, -0.0857,  2.7965, -0.0478])")
    manualSeed(7)
    let made = Tensor.uniform(low: -2, high: 3, [40], dtype: .float64)
    manualSeed(7)
    var filled = Tensor.empty([40], dtype: .float64)
    filled.fillUniform(from: -2, to: 3)
    #expect(made == filled)
    #expect(
      Self.message { _ = Tensor.uniform(low: 3, high: 2, [2]) }
        == "uniform_ expects to return a [from, to) range, but found from=3 > to=2")
  }

  @Test func theSumOfAList() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let sum = [x, x * 2, Tensor([10.0])].sum()
    #expect(sum.detach() == Tensor([13.0, 16]) && sum.gradFn?.name == "AddBackward0")
    sum.sum().backward()
    #expect(x.grad! == Tensor([3.0, 3]))
    #expect([Tensor]().sum() == Tensor(0))
    #expect([Tensor(true), Tensor(true)].sum().dtype == .int64)
    #expect([x, x][1...].sum().gradFn?.name == "AddBackward0")
    #expect([Tensor([-0.0])].sum().signBit() == Tensor([false]))
  }

  @Test func typeAsTakesDtypeAndDevice() {
    let x = Tensor([1.0], requiresGrad: true)
    let y = x.typeAs(Tensor([1.0] as [Double], device: "mps"))
    #expect(y.dtype == .float64 && y.device.type == "mps")
    y.sum().backward()
    #expect(x.grad! == Tensor([1.0]))
    #expect(x.typeAs(Tensor(0.0)).isLeaf)
  }

  // MARK: What a variable is

  @Test func aCopyOfAVariableIsTheVariableAndDetachIsASnapshot() {
    var a = Tensor([1.0, 2])
    let copy = a
    a += 1
    #expect(copy == Tensor([1.0, 2]) && a == Tensor([2.0, 3]))
    var w = Tensor([1.0, 2], requiresGrad: true)
    let (same, snapshot) = (w, w.detach())
    noGrad { w += 1 }
    #expect(same.detach() == Tensor([2.0, 3]) && snapshot == Tensor([1.0, 2]))
  }

  @Test func variablesAreSteppedByHand() {
    let parameters = [Tensor([1.0, 2], requiresGrad: true), Tensor(3.0, requiresGrad: true)]
    let loss = (parameters[0] * parameters[1]).sum()
    loss.backward()
    noGrad {
      for var p in parameters {
        p -= 0.5 * p.grad!
        p.grad = nil
      }
    }
    #expect(parameters[0].detach() == Tensor([-0.5, 0.5]) && parameters[1].detach() == Tensor(1.5))
    #expect(parameters.allSatisfy { $0.isLeaf && $0.requiresGrad && $0.grad == nil })
  }
}
