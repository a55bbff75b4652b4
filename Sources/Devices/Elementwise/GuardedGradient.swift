/// A gradient on its way back through a kernel, and the choices that it has yet to pass.
///
/// What a `select` doesn't choose has a gradient of zero. Were that zero multiplied on its way, the infinite derivative of a branch that wasn't
/// taken would make NaN of it. So the gradient goes back through the branch as it came, and is chosen where it leaves the branch: where it
/// meets gradients that have not passed the same choice, or an input.
struct GuardedGradient {
  /// A boolean register, and the value of it for which the gradient counts.
  struct Guard: Equatable {
    let condition: Int
    let isTrue: Bool
  }

  var value: Expression
  /// The choices, in the order in which the gradient met them.
  private(set) var guards: [Guard]

  /// - Parameters:
  ///   - contribution: what an instruction passes on. A choice between that and zero is not made yet.
  ///   - guards: the choices that the gradient of the instruction's result has yet to pass.
  init(_ contribution: Expression, after guards: [Guard] = []) {
    value = contribution
    self.guards = guards
    while let choice = value.choiceOrZero {
      value = choice.value
      if !self.guards.contains(choice.guard) { self.guards.append(choice.guard) }
    }
  }

  private init(value: Expression, guards: [Guard]) {
    self.value = value
    self.guards = guards
  }

  /// The gradient after all choices.
  var chosen: Expression { chosen(from: 0) }

  /// The gradient after all choices but the first ones.
  private func chosen(from start: Int) -> Expression {
    guards[start...].reversed().reduce(value) { value, choice in
      let condition = Expression(builder: value.builder, id: choice.condition)
      return choice.isTrue ? condition.select(value, 0) : condition.select(0, value)
    }
  }

  /// The sum of all gradients that have reached a register, with the choices that all of them have in common still to come.
  static func sum(_ parts: [GuardedGradient]) -> GuardedGradient {
    var parts = merged(parts)
    while let (first, second) = oppositePair(parts) {
      // Both sides of one choice: a gradient there is for each of them.
      let (guards, last) = (parts[first].guards.dropLast(), parts[first].guards.last!)
      let (a, b) = last.isTrue ? (parts[first].value, parts[second].value) : (parts[second].value, parts[first].value)
      let condition = Expression(builder: a.builder, id: last.condition)
      parts[first] = GuardedGradient(value: condition.select(a, b), guards: Array(guards))
      parts.remove(at: second)
      parts = merged(parts)
    }
    if parts.count == 1 { return parts[0] }
    var common = 0
    while parts.allSatisfy({ common < $0.guards.count && $0.guards[common] == parts[0].guards[common] }) { common += 1 }
    let total = parts.dropFirst().reduce(parts[0].chosen(from: common)) { $0 + $1.chosen(from: common) }
    return GuardedGradient(value: total, guards: Array(parts[0].guards[..<common]))
  }

  /// Gradients behind the same choices added up, in the order in which they came.
  private static func merged(_ parts: [GuardedGradient]) -> [GuardedGradient] {
    parts.reduce(into: []) { result, part in
      if let known = result.firstIndex(where: { $0.guards == part.guards }) {
        result[known].value = result[known].value + part.value
      } else {
        result.append(part)
      }
    }
  }

  /// Two that only the last choice tells apart.
  private static func oppositePair(_ parts: [GuardedGradient]) -> (Int, Int)? {
    for (first, a) in parts.enumerated() {
      guard let last = a.guards.last else { continue }
      let opposite = a.guards.dropLast() + [Guard(condition: last.condition, isTrue: !last.isTrue)]
      if let second = parts.indices.first(where: { $0 > first && parts[$0].guards.elementsEqual(opposite) }) {
        return (first, second)
      }
    }
    return nil
  }
}

extension Expression {
  /// Whether this is the constant zero.
  var isZero: Bool {
    if case .constant(let value) = builder.entries[id] { return value.doubleValue == 0 }
    return false
  }

  /// Where this is a choice between a value and zero: that value, and when it's chosen.
  fileprivate var choiceOrZero: (value: Expression, guard: GuardedGradient.Guard)? {
    guard case .instruction(.select, let condition, let first, let second) = builder.entries[id] else { return nil }
    let (a, b) = (Expression(builder: builder, id: first), Expression(builder: builder, id: second))
    if b.isZero { return (a, .init(condition: condition, isTrue: true)) }
    if a.isZero { return (b, .init(condition: condition, isTrue: false)) }
    return nil
  }
}
