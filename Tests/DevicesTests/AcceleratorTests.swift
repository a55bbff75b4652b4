import Foundation
import Testing

@testable import Devices

/// What is special about the accelerator: its memory, its queue, its errors and its switches.
@Suite struct AcceleratorTests {
  private let device = AcceleratorDevice()
  private static let increment = ElementwiseKernel { $0 + 1 }

  private func operand(_ values: [Double], _ dtype: DType = .float32) throws -> Operand {
    try Operand.model(values.map { .double($0) }, dtype).on(device)
  }

  private func addOne(to x: Operand) throws {
    try device.elementwise(Self.increment, dtype: x.dtype, inputs: [.operand(x)], outputs: [x.updated])
  }

  /// Gives a command that fails when it runs: `index 9 is out of bounds for dimension 0 with size 2`.
  private func giveBadGather(position: Double = 9) throws {
    let index = try operand([position], .int64)
    try device.gather(try operand([1, 2]), indices: [index], dimensions: [0], to: try operand([0]))
  }

  private static let badGather = TensorError.index("index 9 is out of bounds for dimension 0 with size 2 (gather on mps:0)")

  // MARK: Memory

  @Test func memoryIsOutOfReach() async throws {
    let storage = try device.allocate(byteCount: 64)
    #expect(storage.directAddress == nil)
    // Exit tests take no values with them: the body makes its own.
    await #expect(processExitsWith: .failure) {
      let storage = try AcceleratorDevice().allocate(byteCount: 64)
      print(storage.handle.load(as: UInt8.self))
    }
  }

  @Test func memoryGoesWithTheLastCommandThatUsesIt() throws {
    let gate = Gate()
    var storage: Storage? = try device.allocate(byteCount: 1 << 12)
    weak var block: Storage?
    block = try device.block(of: storage!)
    try device.queue.submit("gate") { () throws(TensorError) in gate.wait() }
    try device.fill(Operand(storage: storage!, layout: Layout(shape: [1024]), dtype: .float32), with: .int(1))
    storage = nil
    #expect(block != nil)
    gate.open()
    try device.synchronize()
    #expect(block == nil)
  }

  @Test func operandsOfOtherDevices() throws {
    let mine = try operand([1])
    let other = try Operand.model([.int(1)], .float32).on(CPUDevice.shared)
    let error = TensorError.runtime("Expected all tensors to be on the same device, but found at least two devices, mps:0 and cpu!")
    #expect(throws: error) { try device.copy(other, to: mine) }
    #expect(throws: error) { try device.copy(mine, to: other) }
    // Another device of this type has other memory.
    let twin = try Operand.model([.int(1)], .float32).on(AcceleratorDevice())
    #expect(throws: TensorError.self) { try device.copy(twin, to: mine) }
  }

  // MARK: The queue

  @Test func commandsRunInOrderOnAThreadOfTheirOwn() throws {
    let queue = CommandQueue(place: "here")
    let gate = Gate()
    let log = Lock<[Int]>([])
    try queue.submit("gate") { () throws(TensorError) in gate.wait() }
    for i in 0..<100 { try queue.submit("log") { () throws(TensorError) in log.withLock { $0.append(i) } } }
    // The host is here while the first command waits for it.
    #expect(log.withLock { $0 } == [])
    gate.open()
    try queue.wait()
    #expect(log.withLock { $0 } == Array(0..<100))
    queue.close()
  }

  @Test func whoGivesTooManyCommandsWaits() throws {
    let queue = CommandQueue(place: "here")
    let gate = Gate()
    let given = Monitor(0)
    try queue.submit("gate") { () throws(TensorError) in gate.wait() }
    let total = 3 * CommandQueue.limit
    Thread.detachNewThread {
      for _ in 1..<total {
        _ = try? queue.submit("nothing") { () throws(TensorError) in }
        given.withLock { $0 += 1 }
      }
    }
    // The gate and these fill the queue; the next one has to wait.
    given.withLock(when: { $0 == CommandQueue.limit - 1 }) { _ in }
    Thread.sleep(forTimeInterval: 0.02)
    #expect(given.withLock { $0 } == CommandQueue.limit - 1)
    gate.open()
    given.withLock(when: { $0 == total - 1 }) { _ in }
    try queue.wait()
    queue.close()
  }

  @Test func resultsDoNotDependOnDelays() throws {
    device.options.delaySeed = 7
    device.options.poisonsMemory = true
    let x = try operand([0, 10])
    for step in 1...40 {
      try addOne(to: x)
      if step % 10 == 0 { #expect(try x.values() == [.double(Double(step)), .double(Double(step + 10))]) }
    }
  }

  @Test func aDeviceMayGoBeforeItsCommands() throws {
    weak var queue: CommandQueue?
    for seed in 0..<20 {
      do {
        let device = AcceleratorDevice()
        device.options.delaySeed = UInt64(seed)
        queue = device.queue
        let x = try Operand.model([.int(1)], .float32).on(device)
        for _ in 0..<10 { try device.elementwise(Self.increment, dtype: .float32, inputs: [.operand(x)], outputs: [x]) }
      }
      // The thread runs what is left, lets the queue go, and ends.
      let deadline = Date(timeIntervalSinceNow: 60)
      while queue != nil && Date() < deadline { Thread.sleep(forTimeInterval: 0.001) }
      #expect(queue == nil)
    }
  }

  // MARK: Errors

  /// Who waits for all commands is told of a failure that nobody has heard of, once; who waits for a value that it did not meet is not.
  @Test func anErrorSurfacesWhereTheHostWaits() throws {
    let x = try operand([1, 2])
    var engine = MersenneTwister(seed: 1)
    var bytes = [UInt8](repeating: 0, count: 8)

    try giveBadGather()
    #expect(throws: Self.badGather) { try device.synchronize() }
    try device.synchronize()

    try giveBadGather()
    try bytes.withUnsafeMutableBytes { try device.download(x.storage, to: $0) }
    #expect(try device.nonzero(x).shape == [2, 1])
    try device.random(.bernoulli(p: 0.5), engine: &engine, to: x)
    #expect(throws: Self.badGather) { try device.synchronize() }

    try addOne(to: try operand([1, 2]))
    #expect(try operand([3]).values() == [.double(3)])
  }

  @Test func theFirstErrorIsTold() throws {
    try giveBadGather(position: 9)
    try giveBadGather(position: 5)
    #expect(throws: Self.badGather) { try device.synchronize() }
    try device.synchronize()
  }

  @Test func commandsAfterAnErrorRun() throws {
    let x = try operand([1])
    try giveBadGather()
    try addOne(to: x)
    #expect(throws: Self.badGather) { try device.synchronize() }
    #expect(try x.values() == [.double(2)])
  }

  @Test func whatIsWrongInItselfIsToldAtOnce() throws {
    let x = try operand([1, 0], .bool)
    #expect(throws: TensorError.notImplemented("\"sub_mps\" not implemented for 'Bool'")) {
      try device.elementwise(.instruction(.sub), dtype: .bool, inputs: [.operand(x), .operand(x)], outputs: [x])
    }
    #expect(throws: TensorError.runtime("normal expects std >= 0.0, but found std -1")) {
      var engine = MersenneTwister(seed: 1)
      try device.random(.normal(mean: 0, std: -1), engine: &engine, to: try operand([1]))
    }
    try device.synchronize()
  }

  @Test func resultsOfAFailedCommandAreLost() throws {
    let x = try operand([1, 2])
    let error = TensorError.runtime("lost (fill on mps:0)")
    let (fresh, next) = (try operand([0, 0]), try operand([0, 0]))
    device.options.faults = [0: .runtime("lost")]
    try device.fill(fresh, with: .int(1))
    try device.copy(fresh, to: next)
    // Told once by whoever waits, and by every read of what is lost.
    #expect(throws: error) { try device.synchronize() }
    try device.synchronize()
    for _ in 0..<3 {
      #expect(throws: error) { try fresh.values() }
      #expect(throws: error) { try next.values() }
      #expect(throws: error) { try device.nonzero(next) }
    }
    #expect(try x.values() == [.double(1), .double(2)])
    // A change of what is lost is lost as well, and others are not touched.
    try addOne(to: fresh)
    #expect(throws: error) { try fresh.values() }
    try addOne(to: x)
    #expect(try x.values() == [.double(2), .double(3)])
  }

  // MARK: Processes

  /// The queue's thread is not in a forked child: the device says so. The CPU's threads are not there either: it starts others.
  @Test func aForkedChild() async {
    await #expect(processExitsWith: .success) {
      let fork = unsafeBitCast(dlsym(nil, "fork"), to: (@convention(c) () -> pid_t).self)
      let device = AcceleratorDevice()
      let count = 1 << 22
      func sum() throws -> [Scalar] {
        let x = try Operand.model([.double(0.5)], .float32).on(CPUDevice.shared)
        let large = Operand(
          storage: try CPUDevice.shared.allocate(byteCount: 4 * count), layout: Layout(shape: [count]), dtype: .float32)
        try CPUDevice.shared.copy(x.with(layout: x.layout.broadcast(to: [count])), to: large)
        let total = try Operand.model([.double(0)], .float32).on(CPUDevice.shared)
        try CPUDevice.shared.reduce(.sum, large, dims: [0], to: total)
        return try total.values()
      }
      let x = try Operand.model([.int(1), .int(2)], .float32).on(device)
      try device.fill(x, with: .int(3))
      try setNumThreads(4)
      let before = try sum()
      for round in 0..<8 {
        // Sometimes while the queue's thread is at work.
        if round % 2 == 1 { for _ in 0..<50 { try device.fill(x, with: .int(3)) } }
        let child = fork()
        if child == 0 {
          alarm(60)
          var refusals = 0
          func refuses(_ body: () throws -> Void) {
            do { try body() } catch { if "\(error)".contains("mps:0 in a forked subprocess") { refusals += 1 } }
          }
          refuses { try device.synchronize() }
          refuses { _ = try device.allocate(byteCount: 64) }
          refuses { _ = try x.values() }
          refuses { try device.fill(x, with: .int(1)) }
          device.options = AcceleratorOptions()
          let after = try? sum()
          let own = AcceleratorDevice()
          let y = try? Operand.model([.int(1), .int(2)], .float32).on(own).values()
          _exit(refusals == 4 && after == before && y == [.double(1), .double(2)] ? 0 : 1)
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        if status != 0 { exit(1) }
      }
      // The parent goes on.
      if try x.values() != [.double(3), .double(3)] { exit(1) }
      exit(0)
    }
  }

  // MARK: Switches

  @Test func poison() throws {
    var options = AcceleratorOptions()
    options.poisonsMemory = true
    let fresh = try device.withOptions(options) { try device.allocate(byteCount: 40) }
    let values = try Operand(storage: fresh, layout: Layout(shape: [10]), dtype: .float32).values()
    #expect(values.allSatisfy { $0.isNaN })
    #expect(!device.options.poisonsMemory)
  }

  @Test func faults() throws {
    let x = try operand([1])
    for number in 0..<4 {
      var options = AcceleratorOptions()
      options.faults = [number: .runtime("device lost")]
      try device.withOptions(options) {
        for _ in 0..<3 { try addOne(to: x) }
        if number < 3 {
          #expect(throws: TensorError.runtime("device lost (elementwise on mps:0)")) { try device.synchronize() }
        } else {
          try device.synchronize()
        }
      }
    }
    // Up to the first that failed in each round, and all three of the last: those who gave the later ones did not know yet.
    #expect(try x.values() == [.double(7)])
  }

  /// The command that fails names itself.
  @Test(arguments: [
    "upload", "download", "fill", "copy", "elementwise", "reduce", "scan", "sort", "matrixProduct", "gather", "scatter", "nonzero",
    "random",
  ])
  func namesOfCommands(name: String) throws {
    let x = try operand([1, 2])
    let one = try operand([1])
    let cube = Operand(storage: x.storage, layout: Layout(shape: [1, 1, 1]), dtype: .float32)
    let index = try operand([0, 1], .int64)
    var engine = MersenneTwister(seed: 1)
    var bytes = [UInt8](repeating: 0, count: 4)
    var options = AcceleratorOptions()
    options.faults = [0: .value("lost")]
    device.options = options
    #expect(throws: TensorError.value("lost (\(name) on mps:0)")) {
      switch name {
      case "upload": try bytes.withUnsafeBytes { try device.upload($0, to: x.storage) }
      case "download": try bytes.withUnsafeMutableBytes { try device.download(x.storage, to: $0) }
      case "fill": try device.fill(x, with: .int(1))
      case "copy": try device.copy(x, to: x)
      case "elementwise": try addOne(to: x)
      case "reduce": try device.reduce(.sum, x, dims: [0], to: one)
      case "scan": try device.scan(.sum, x, dim: 0, to: x, indices: nil)
      case "sort": try device.sort(x, dim: 0, descending: false, values: x, indices: index)
      case "matrixProduct":
        try device.matrixProduct(cube, cube, to: Operand(storage: one.storage, layout: cube.layout, dtype: .float32))
      case "gather": try device.gather(x, indices: [index], dimensions: [0], to: x)
      case "scatter": try device.scatter(.set, x, indices: [index], dimensions: [0], to: x)
      case "nonzero": _ = try device.nonzero(x)
      default: try device.random(.bernoulli(p: 0.5), engine: &engine, to: x)
      }
      try device.synchronize()
    }
    try device.synchronize()
  }

  @Test func refusedFloat64() throws {
    let double = try operand([1], .float64)
    let single = try operand([1])
    let index = try operand([0], .int64)
    #expect(device.capabilities.dtypes == Set(DType.allCases))
    device.options.refusesFloat64 = true
    #expect(device.capabilities.dtypes == Set(DType.allCases).subtracting([.float64]))
    let error = TensorError.type(
      "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. Please use float32 instead."
    )
    var engine = MersenneTwister(seed: 1)
    #expect(throws: error) { try device.fill(double, with: .int(1)) }
    #expect(throws: error) { try device.copy(single, to: double) }
    #expect(throws: error) { try addOne(to: double) }
    #expect(throws: error) {
      try device.elementwise(Self.increment, dtype: .float64, inputs: [.operand(single)], outputs: [single])
    }
    #expect(throws: error) { try device.reduce(.sum, double, dims: [0], to: single) }
    #expect(throws: error) { try device.scan(.sum, double, dim: 0, to: single, indices: nil) }
    #expect(throws: error) { try device.sort(double, dim: 0, descending: false, values: double, indices: index) }
    #expect(throws: error) { try device.gather(double, indices: [index], dimensions: [0], to: single) }
    #expect(throws: error) { try device.scatter(.set, double, indices: [index], dimensions: [0], to: single) }
    #expect(throws: error) { try device.nonzero(double) }
    #expect(throws: error) { try device.random(.bernoulli(p: 0.5), engine: &engine, to: double) }
    try addOne(to: single)
    try addOne(to: index)
    #expect(try single.values() == [.double(2)])
  }

  // MARK: Many callers

  @Test func manyTasks() async throws {
    device.options.delaySeed = 3
    device.options.poisonsMemory = true
    let device = device
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<16 {
        group.addTask {
          for round in 0..<10 {
            let x = try Operand.model([.int(Int64(task)), .int(Int64(round))], .float32).on(device)
            for _ in 0..<5 {
              try device.elementwise(Self.increment, dtype: .float32, inputs: [.operand(x)], outputs: [x])
            }
            let copy = try Operand.model([.int(0), .int(0)], .float64).on(device)
            try device.copy(x, to: copy)
            #expect(try copy.values() == [.double(Double(task + 5)), .double(Double(round + 5))])
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Every fault is told to somebody, once, and nobody waits for ever.
  @Test func manyTasksAndFaults() async throws {
    var options = AcceleratorOptions()
    options.delaySeed = 4
    for number in stride(from: 10, to: 300, by: 10) { options.faults[number] = .runtime("fault") }
    device.options = options
    let device = device
    let told = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var told = 0
          for _ in 0..<20 {
            do {
              let x = try device.allocate(byteCount: 8)
              let operand = Operand(storage: x, layout: Layout(shape: [2]), dtype: .float32)
              try device.fill(operand, with: .int(1))
              try device.synchronize()
              try device.elementwise(Self.increment, dtype: .float32, inputs: [.operand(operand)], outputs: [operand])
              try device.synchronize()
            } catch {
              told += 1
            }
          }
          return told
        }
      }
      return await group.reduce(0, +)
    }
    #expect(told > 0 && told <= options.faults.count)
    try device.synchronize()
  }
}

/// Lets through whoever waits once it is open.
private final class Gate: Sendable {
  private let isOpen = Monitor(false)
  func wait() { isOpen.withLock(when: { $0 }) { _ in } }
  func open() { isOpen.withLock { $0 = true } }
}

@Suite struct DeviceRegistryTests {
  private static let unknown =
    "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, "
    + "hpu, mtia, privateuseone device type at start of device string: "

  @Test func devicesByName() throws {
    #expect(try device(named: "cpu") === CPUDevice.shared)
    #expect(try device(named: "cpu:0") === CPUDevice.shared)
    #expect(try device(named: "cpu:1") === CPUDevice.shared)
    #expect(try device(named: "mps") === AcceleratorDevice.shared)
    #expect(try device(named: "mps:0") === AcceleratorDevice.shared)
    #expect(try device(named: "reference") === ReferenceDevice.shared)
    let spelled: [any Device] = [.cpu, .accelerator, .reference]
    #expect(spelled.map(\.description) == ["cpu", "mps:0", "reference:0"])
  }

  @Test(arguments: [
    ("", "Device string must not be empty"),
    ("nope", DeviceRegistryTests.unknown + "nope"), ("CPU:0", DeviceRegistryTests.unknown + "CPU"),
    ("cuda", "Fluxion is not linked with support for cuda devices"),
    ("cuda:1", "Fluxion is not linked with support for cuda devices"),
    ("mps:1", "There is no device mps:1: the only mps device is mps:0"),
    ("cpu:x", "Invalid device string: 'cpu:x'"), ("cpu:", "Invalid device string: 'cpu:'"),
    ("cpu:-1", "Invalid device string: 'cpu:-1'"),
    ("cpu:00", "Invalid device string: 'cpu:00'"), ("cpu:0:1", "Invalid device string: 'cpu:0:1'"),
    (" cpu", "Invalid device string: ' cpu'"),
    ("cpu:99999999999999999999", "Invalid device string: 'cpu:99999999999999999999'"),
  ])
  func namesOfNoDevice(name: String, message: String) {
    #expect(throws: TensorError.runtime(message)) { try device(named: name) }
  }
}
