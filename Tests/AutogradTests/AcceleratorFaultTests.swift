import Autograd
import Devices
import Foundation
import Testing

/// After a command of the accelerator has failed nobody reads a value that the program did not compute: every tensor either throws that
/// command's error, on any thread, or is what it was before, or what it would be without the failure.
@Suite struct AcceleratorFaultTests {
  private static let fault = TensorError.runtime("device lost")

  /// What a read gives.
  private enum Outcome: Equatable, Sendable {
    case bits([UInt64])
    /// The injected error, with the name of its command.
    case fault(String)
    case otherError(String)
    /// A result of an operation that failed while the program ran.
    case invalid
  }

  private static func bits(_ values: Double...) -> Outcome { .bits(values.map(\.bitPattern)) }

  private static func read(_ tensor: Tensor) -> Outcome {
    if !tensor.isValid { return .invalid }
    do {
      return .bits(try checked { tensor.scalars(as: Double.self).map(\.bitPattern) })
    } catch let error as TensorError where error.message.hasPrefix("\(fault.message) (") {
      return .fault(error.message)
    } catch {
      return .otherError("\(error)")
    }
  }

  private static func readElsewhere(_ tensors: [Tensor]) -> [Outcome] {
    let result = Shared<[Outcome]>([])
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      result.value = tensors.map(read)
      done.signal()
    }
    done.wait()
    return result.value
  }

  private final class Shared<Value>: @unchecked Sendable {  // written before the signal, read after it
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  // MARK: A training step

  /// A small network and what surrounds its training. `note` sees every value that a name has had.
  private final class Model {
    static let adam = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { x in
      let mean = 0.9 * x[1] + 0.1 * x[3]
      let square = 0.99 * x[2] + 0.01 * x[3] * x[3]
      return [x[0] - 0.05 * mean / (square.sqrt() + 1e-8), mean, square]
    }

    var weight: Tensor
    var mean: Tensor
    var square: Tensor
    var filter: Tensor
    var bias: Tensor
    var table: Tensor
    var buffer: Tensor
    let image: Tensor
    let target: Tensor
    let rows: Tensor
    let mask: Tensor
    var results: [(name: String, tensor: Tensor)] = []
    /// Sees every value that a name has had.
    var note: (String, Tensor) -> Void = { _, _ in }

    init(on device: any Device) {
      func numbers(_ shape: [Int], _ seed: Int) -> Tensor {
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { Double(($0 * 7 + seed * 5) % 11) / 8 - 0.6 }, shape: shape).to(device)
      }
      weight = numbers([18, 3], 1).requiringGrad()
      mean = numbers([18, 3], 2)
      square = numbers([18, 3], 3).abs()
      filter = numbers([2, 1, 2, 2], 4).requiringGrad()
      bias = numbers([3], 5).requiringGrad()
      table = numbers([4, 3], 6)
      buffer = numbers([3], 7)
      image = numbers([2, 1, 4, 4], 8)
      target = numbers([2, 3], 9)
      rows = Tensor([2, 0, 2]).to(device)
      mask = Tensor([true, false, true, false]).to(device)
    }

    var state: [(name: String, tensor: Tensor)] {
      [
        ("weight", weight.detach()), ("mean", mean), ("square", square), ("filter", filter.detach()), ("bias", bias.detach()),
        ("table", table), ("buffer", buffer), ("image", image), ("target", target),
      ]
        + [("weight.grad", weight.grad), ("filter.grad", filter.grad), ("bias.grad", bias.grad)].compactMap { name, grad in
          grad.map { (name, $0) }
        }
    }

    private func noteAll() { for (name, tensor) in state { note(name, tensor) } }

    func step(_ number: Int) {
      func give(_ name: String, _ tensor: Tensor) {
        results.append(("\(name) \(number)", tensor))
        note("\(name) \(number)", tensor)
      }
      noteAll()
      let hidden = F.conv2d(image, filter).relu().reshape([2, 18])
      let output = (hidden.matmul(weight) + bias).tanh()
      let loss = F.mseLoss(output, target) + output.softmax(dim: -1).std()
      give("output", output)
      give("loss", loss)
      loss.backward()
      noteAll()
      noGrad {
        Model.adam.update(&weight, &mean, &square, with: weight.grad!)
        noteAll()
        filter -= 0.1 * filter.grad!
        noteAll()
        // Held by another too, so that its memory is replaced.
        let before = bias.detach()
        bias -= 0.1 * bias.grad!
        // The same memory, and so the same value.
        results.append(("bias", before))
        noteAll()
        buffer.copy(from: output.sum(dim: 0))
        noteAll()
        table[1] = buffer
        noteAll()
        table[rows] = table[rows] * 2
        noteAll()
        table[mask] = 0.25
        noteAll()
        table += 1
        noteAll()
        buffer.update { $0.exp() }
        noteAll()
      }
      give("sums", table.sum(dim: 0))
      give("sorted", table.sort(dim: 0).values)
      give("picked", table.gather(dim: 0, index: rows.reshape([1, 3])))
      give("scattered", table.scatterAdd(dim: 0, index: rows.reshape([1, 3]), source: buffer.reshape([1, 3])))
      give("running", table.cumsum(dim: 1))
      let gram = table.t().matmul(table) + Tensor.ones([3], device: table.device).diag()
      give("factor", Linalg.cholesky(gram))
      give("solution", Linalg.solve(gram, table.t()))
      weight.grad = nil
      filter.grad = nil
    }
  }

  @Test(arguments: [false, true])
  func everyPositionOfATrainingStep(readsElsewhereFirst: Bool) {
    var history: [String: Set<[UInt64]>] = [:]
    let sound = Model(on: AcceleratorDevice())
    sound.note = { name, tensor in
      if case .bits(let bits) = Self.read(tensor) { history[name, default: []].insert(bits) }
    }
    for number in 0..<2 { sound.step(number) }
    for (name, tensor) in sound.state { sound.note(name, tensor) }

    var position = 0
    while position < 2000 {
      let device = AcceleratorDevice()
      let model = Model(on: device)
      try? device.synchronize()
      var options = AcceleratorOptions()
      options.faults = [position: Self.fault]
      device.options = options
      var isTold = false
      do {
        try checked { for number in 0..<2 { model.step(number) } }
      } catch {
        isTold = true
        #expect("\(error)".contains(Self.fault.message), "position \(position)")
      }
      device.options = AcceleratorOptions()
      let all = model.state + model.results
      // First, and again when the errors have been heard.
      var reads: [[Outcome]] = []
      if readsElsewhereFirst { reads.append(Self.readElsewhere(all.map(\.tensor))) }
      reads.append(all.map { Self.read($0.tensor) })
      reads.append(all.map { Self.read($0.tensor) })
      if !readsElsewhereFirst { reads.append(Self.readElsewhere(all.map(\.tensor))) }
      do { try device.synchronize() } catch { isTold = true }
      var names = Set<String>()
      for outcomes in reads {
        for ((name, _), outcome) in zip(all, outcomes) {
          switch outcome {
          case .bits(let bits):
            #expect(history[name]?.contains(bits) ?? false, "\(name) is wrong after a fault at \(position)")
          case .fault(let message):
            isTold = true
            names.insert(message)
          case .otherError(let message): Issue.record("\(name) after a fault at \(position): \(message)")
          case .invalid: #expect(isTold)
          }
        }
      }
      // It is the first command's name everywhere.
      #expect(names.count <= 1, "\(names)")
      if !isTold { break }
      position += 1
    }
    #expect(position > 100 && position < 2000)
  }

  // MARK: Single operations

  private typealias Operation = @Sendable (Tensor, Tensor, Tensor) -> [Tensor]

  private static let operations: [(String, Operation)] = [
    ("a + b", { a, b, _ in [a + b] }), ("tanh", { a, _, _ in [a.tanh()] }), ("sum", { a, _, _ in [a.sum()] }),
    ("mean", { a, _, _ in [a.mean(dim: 0)] }), ("max", { a, _, _ in [a.max(dim: 0).values] }),
    ("sort", { a, _, _ in [a.sort(dim: 1).values, a.sort(dim: 1).indices] }), ("topk", { a, _, _ in [a.topk(2).values] }),
    ("cumsum", { a, _, _ in [a.cumsum(dim: 0)] }), ("matmul", { a, b, _ in [a.matmul(b)] }),
    ("softmax", { a, _, _ in [a.softmax(dim: -1)] }), ("std", { a, _, _ in [a.std()] }),
    ("gather", { a, _, i in [a.gather(dim: 0, index: i)] }),
    ("scatterAdd", { a, b, i in [a.scatterAdd(dim: 0, index: i, source: b)] }),
    ("indexSelect", { a, _, i in [a.indexSelect(dim: 0, index: i[0])] }),
    ("advanced indexing", { a, _, i in [a[i[0]]] }), ("nonzero", { a, _, _ in [a.nonzero()] }),
    ("masks", { a, b, _ in [a.maskedFill(b .> 0, 2), a.maskedSelect(b .> 0)] }),
    ("concatenate", { a, b, _ in [concatenate([a, b])] }), ("transposed copy", { a, _, _ in [a.t().contiguous()] }),
    ("qr", { a, _, _ in [Linalg.qr(a).r] }), ("det", { a, _, _ in [Linalg.det(a)] }), ("inverse", { a, _, _ in [Linalg.inv(a)] }),
    (
      "gradient",
      { a, b, _ in
        let x = a.requiringGrad()
        return [grad(of: (x.matmul(b) * x + x * 2).sum(), wrt: x)]
      }
    ),
    (
      "gradient of an assignment",
      { a, b, _ in
        let x = a.requiringGrad()
        var y = x * 2
        y[0] = b[1]
        return [y * 3, grad(of: (y * y).sum(), wrt: x)]
      }
    ),
  ]

  @Test(arguments: operations.indices)
  func everyPositionOfAnOperation(index: Int) {
    let (name, operation) = Self.operations[index]
    func run(on device: AcceleratorDevice) throws -> [Tensor] {
      try checked {
        let a = Tensor([[1.0, 2, 4], [3, -1, 0.5], [0, 2, 5]]).to(device)
        let b = Tensor([[0.5, 1, -1], [2, 2, 3], [1, 0, 4]]).to(device)
        let i = Tensor([[2, 0, 1], [1, 1, 0], [0, 2, 2]]).to(device)
        return operation(a, b, i)
      }
    }
    let right = (try? run(on: AcceleratorDevice()))?.map(Self.read) ?? []
    #expect(!right.isEmpty)
    for position in 0..<1000 {
      let device = AcceleratorDevice()
      var options = AcceleratorOptions()
      options.faults = [position: Self.fault]
      device.options = options
      var isTold = false
      do {
        let results = try run(on: device)
        device.options = AcceleratorOptions()
        let elsewhere = Self.readElsewhere(results)
        for _ in 0..<2 {
          let outcomes = results.map(Self.read)
          for (place, outcome) in outcomes.enumerated() {
            if case .fault = outcome { isTold = true } else { #expect(outcome == right[place], "\(name), fault at \(position)") }
          }
          for (place, outcome) in elsewhere.enumerated() {
            if case .fault = outcome { continue }
            #expect(outcome == right[place], "\(name), fault at \(position), another thread")
          }
        }
      } catch {
        isTold = true
        #expect("\(error)".contains(Self.fault.message))
      }
      do { try device.synchronize() } catch { isTold = true }
      if !isTold { return }
    }
    Issue.record("\(name): a fault was told at every position")
  }

  // MARK: What is told to whom

  @Test func aTargetKeepsItsValue() throws {
    let device = AcceleratorDevice()
    var x = Tensor([1.0, 2, 3]).to(device)
    try device.synchronize()
    device.options.faults = [0: Self.fault]
    x += 1
    let after = x * 10
    device.options.faults = [:]
    let message = "device lost (elementwise on mps:0)"
    // This thread has heard of it then, and knows that x is what it was.
    #expect(Self.read(x) == .fault(message))
    #expect(Self.read(x) == Self.bits(1.0, 2, 3))
    // What was computed meanwhile stays lost.
    for _ in 0..<3 { #expect(Self.read(after) == .fault(message)) }
    let old: Outcome = Self.bits(1.0, 2, 3)
    #expect(Self.readElsewhere([after, x, x]) == [.fault(message), old, old])
    #expect(Self.read(x * 10) == Self.bits(10.0, 20, 30))
    try device.synchronize()
  }

  /// One who has not heard of a failure does not take the old value for the new one.
  @Test func everyThreadHearsOfIt() throws {
    let device = AcceleratorDevice()
    var x = Tensor([1.0]).to(device)
    try device.synchronize()
    device.options.faults = [0: Self.fault]
    x += 1
    device.options.faults = [:]
    #expect(throws: TensorError.self) { try device.synchronize() }
    let message = "device lost (elementwise on mps:0)"
    #expect(Self.readElsewhere([x, x]) == [.fault(message), Self.bits(1)])
    #expect(Self.read(x) == Self.bits(1))
    // A change by one who knows is a value like any other.
    x += 1
    #expect(Self.readElsewhere([x]) == [Self.bits(2)])
  }

  /// The value comes back where the target's memory is replaced.
  @Test func aReplacedTargetKeepsItsValue() throws {
    let old: Outcome = Self.bits(1.0, 2)
    let changes: [(String, (inout Tensor, Tensor) -> Void)] = [
      ("+=", { x, y in x += y }), ("copy", { x, y in x.copy(from: y) }),
      ("fill", { x, _ in x.fill(3) }),
      ("zero", { x, _ in x.zero() }), ("update", { x, y in x.update { $0 * y } }),
      ("update by another", { x, y in x.update { _ in y } }),
      ("assignment", { x, y in x[0] = y[1] }),
      ("kernel", { x, y in ElementwiseKernel(inputs: [.value, .value]) { [$0[0] * $0[1]] }.update(&x, with: y) }),
    ]
    for (name, change) in changes {
      for isVariable in [false, true] {
        for isHeld in [false, true] {
          let device = AcceleratorDevice()
          var x = Tensor([1.0, 2]).to(device)
          if isVariable { x = x.requiringGrad() }
          var y = Tensor([5.0, 6]).to(device)
          let holder = isHeld ? x.detach() : nil
          try device.synchronize()
          device.options.faults = [0: Self.fault]
          y = y * 2
          noGrad { change(&x, y) }
          device.options.faults = [:]
          let what = "\(name), a variable: \(isVariable), held: \(isHeld)"
          #expect(Self.read(y) == .fault("device lost (elementwise on mps:0)"), "\(what)")
          if name == "fill" || name == "zero" { continue }
          #expect(Self.read(x.detach()) == old, "\(what)")
          if let holder { #expect(Self.read(holder) == old, "\(what)") }
        }
      }
    }
  }
}
