import Fluxion

/// Draws the arguments of calls and takes their results.
final class Draw {
  var stream: Stream
  let scene: Scene
  let progress: Progress?
  /// Whether every argument is printed.
  let isTalking: Bool
  /// What earlier calls of the program gave, and some of what they were given.
  var pool: [Tensor] = []
  /// Tensors that gradients can be asked for.
  var leaves: [Tensor] = []
  var results: [Tensor] = []
  /// Whether an operand of the call was the result of a failed one.
  var hasFailedOperand = false
  /// In-place operands by the names of their parameters.
  var targets: [Target] = []
  /// The values within a kernel that is being written.
  var expressions: [Expression] = []
  private var notes: [String] = []

  struct Target {
    let name: String
    let before: Snapshot?
    var after: Tensor?
  }

  init(_ stream: Stream, _ scene: Scene, _ progress: Progress?, isTalking: Bool) {
    self.stream = stream
    self.scene = scene
    self.progress = progress
    self.isTalking = isTalking
  }

  // MARK: Chances

  func below(_ count: Int) -> Int { stream.below(count) }
  func chance(_ times: Int) -> Bool { stream.chance(times) }
  func pick<T>(_ values: [T]) -> T { stream.pick(values) }
  /// The same, but never where arguments are tame.
  func isWild(_ times: Int) -> Bool { chance(times) && !scene.isTame }
  func maybe<T>(_ value: () -> T) -> T? { chance(scene.isTame ? 4 : 2) ? value() : nil }
  func list<T>(_ value: () -> T) -> [T] { (0..<pick([0, 1, 1, 2, 2, 3])).map { _ in value() } }
  func bool() -> Bool { noted("flag", chance(2)) }
  var failedTensor: Tensor {
    hasFailedOperand = true
    return Draw.failed
  }

  // MARK: Telling

  func noted<T>(_ name: String, _ value: T) -> T {
    if isTalking { note("\(name): \(value)") }
    return value
  }

  func note(_ text: @autoclosure () -> String) { if isTalking { notes.append(text()) } }

  func title(_ text: @autoclosure () -> String) { if isTalking { say(text()) } }

  /// Everything is drawn: what follows is the library's.
  func begin() {
    if isTalking {
      for note in notes { say("    " + note) }
      notes = []
    }
    progress?.enter(.calling)
  }

  // MARK: Results

  func keep(_ tensor: Tensor) { results.append(tensor) }
  func keep(_ tensors: [Tensor]) { results += tensors.prefix(64) }
  func keep(_ tensor: Tensor?) { if let tensor { results.append(tensor) } }
  func keep(_ tensors: [Tensor?]) { results += tensors.prefix(64).compactMap { $0 } }
  @_disfavoredOverload
  func keep<T>(_ value: T) {
    if value is Int || value is Bool || value is DType || value is String { return }
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .tuple || value is Linalg.LeastSquares else { return }
    for child in mirror.children {
      if let tensor = child.value as? Tensor { results.append(tensor) }
      if let tensors = child.value as? [Tensor] { results += tensors.prefix(64) }
    }
  }

  /// An in-place operation's operand.
  func target(_ name: String) -> Tensor {
    let value = tensor(name, isTarget: true)
    targets.append(Target(name: name, before: Snapshot(value), after: nil))
    return value
  }

  func after(_ name: String, _ value: Tensor) {
    for index in targets.indices where targets[index].name == name { targets[index].after = value }
  }
}

/// The elements of a tensor at a moment.
struct Snapshot: Equatable {
  let shape: [Int]
  let dtype: DType
  private let bits: [UInt64]

  /// nil where the tensor is invalid, too large to keep, or its device fails.
  init?(_ tensor: Tensor) {
    guard tensor.isValid, tensor.count <= 4096 else { return nil }
    shape = tensor.shape
    dtype = tensor.dtype
    do {
      bits = try checked {
        tensor.dtype.isFloatingPoint
          ? tensor.scalars(as: Double.self).map(\.bitPattern)
          : tensor.scalars(as: Int64.self).map { UInt64(bitPattern: $0) }
      }
    } catch { return nil }
  }
}
