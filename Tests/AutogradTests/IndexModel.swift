import Autograd
import Devices

/// Subscripts by their definition: for every element of the result the element it comes from, found coordinate by coordinate.
struct IndexModel {
  enum Term: CustomStringConvertible {
    case position(Int)
    case slice(Int?, Int?, Int)
    case ellipsis
    case newAxis
    case integers(shape: [Int], values: [Int])
    case mask(shape: [Int], values: [Bool])

    var description: String {
      switch self {
      case .position(let p): "\(p)"
      case .slice(let a, let b, let s): "\(a.map(String.init) ?? ""):\(b.map(String.init) ?? ""):\(s)"
      case .ellipsis: "..."
      case .newAxis: "None"
      case .integers(let shape, let values): "tensor(\(values)).view(\(shape))"
      case .mask(let shape, let values): "mask(\(values.map { $0 ? 1 : 0 })).view(\(shape))"
      }
    }

    /// The same as the library's own.
    func index(on device: any Device) -> any TensorIndex {
      switch self {
      case .position(let p): p
      case .slice(let a, let b, let s): IndexTerm.slice(from: a, to: b, by: s)
      case .ellipsis: IndexTerm.ellipsis
      case .newAxis: IndexTerm.newAxis
      case .integers(let shape, let values): Tensor(values, shape: shape, device: device)
      case .mask(let shape, let values): Tensor(values, shape: shape, device: device)
      }
    }

    var dimensionCount: Int {
      switch self {
      case .ellipsis, .newAxis: 0
      case .mask(let shape, _): shape.count
      default: 1
      }
    }
  }

  let shape: [Int]
  /// For every element of the result, in row-major order, the element of the source.
  let sources: [Int]

  private enum Part {
    case fixed(dim: Int, Int)
    case along(dim: Int, [Int])
    case new
    case picked(dim: Int, shape: [Int], values: [Int])
  }

  init(_ terms: [Term], of source: [Int]) {
    var parts: [Part] = []
    var dim = 0
    func whole(_ count: Int) {
      for _ in 0..<count {
        parts.append(.along(dim: dim, Array(0..<source[dim])))
        dim += 1
      }
    }
    let named = terms.reduce(0) { $0 + $1.dimensionCount }
    for term in terms {
      switch term {
      case .position(let p):
        parts.append(.fixed(dim: dim, (p + source[dim]) % source[dim]))
        dim += 1
      case .slice(let from, let to, let step):
        let size = source[dim]
        func bound(_ b: Int) -> Int { b < 0 ? Swift.max(b + size, 0) : Swift.min(b, size) }
        let all = stride(from: bound(from ?? 0), to: bound(to ?? size), by: step)
        parts.append(.along(dim: dim, Array(all)))
        dim += 1
      case .ellipsis:
        whole(source.count - named)
      case .newAxis:
        parts.append(.new)
      case .integers(let shape, let values):
        let size = source[dim]
        parts.append(.picked(dim: dim, shape: shape, values: values.map { $0 < 0 ? $0 + size : $0 }))
        dim += 1
      case .mask(let shape, let values):
        let hits = values.indices.filter { values[$0] }.map { Self.coordinate($0, in: shape) }
        for axis in shape.indices {
          parts.append(.picked(dim: dim + axis, shape: [hits.count], values: hits.map { $0[axis] }))
        }
        dim += shape.count
      }
    }
    whole(source.count - dim)

    // The shape of the index tensors together, and whether they are neighbours once single positions are gone.
    var common: [Int] = []
    var places: [Int] = []
    let open = parts.filter { if case .fixed = $0 { false } else { true } }
    for (place, part) in open.enumerated() {
      if case .picked(_, let shape, _) = part {
        common = Self.broadcast(common, shape)
        places.append(place)
      }
    }
    let areNeighbours = places.isEmpty || places.last! - places[0] == places.count - 1
    let front = places.isEmpty ? nil : areNeighbours ? places[0] : 0
    var result: [Int] = []
    var axes: [Int?] = []  // for each open part its dimension in the result, nil for index tensors
    if front == 0 { result += common }
    for (place, part) in open.enumerated() {
      if place == front && place > 0 { result += common }
      switch part {
      case .along(_, let positions):
        axes.append(result.count)
        result.append(positions.count)
      case .new:
        axes.append(result.count)
        result.append(1)
      default: axes.append(nil)
      }
    }
    shape = result
    let start = front ?? 0
    sources = (0..<result.reduce(1, *)).map { flat in
      let at = Self.coordinate(flat, in: result)
      var from = [Int](repeating: 0, count: source.count)
      for part in parts { if case .fixed(let dim, let p) = part { from[dim] = p } }
      for (part, axis) in zip(open, axes) {
        switch part {
        case .along(let dim, let positions): from[dim] = positions[at[axis!]]
        case .picked(let dim, let shape, let values):
          let among = Array(at[start..<(start + common.count)])
          from[dim] = values[Self.flat(among, in: shape)]
        default: break
        }
      }
      return Self.flat(from, in: source)
    }
  }

  static func coordinate(_ flat: Int, in shape: [Int]) -> [Int] {
    var rest = flat
    var coordinate = shape
    for i in shape.indices.reversed() {
      coordinate[i] = rest % shape[i]
      rest /= shape[i]
    }
    return coordinate
  }

  /// The position of a coordinate in a shape that may have fewer dimensions or sizes of one.
  static func flat(_ coordinate: [Int], in shape: [Int]) -> Int {
    let lead = coordinate.count - shape.count
    return shape.indices.reduce(0) { $0 * shape[$1] + (shape[$1] == 1 ? 0 : coordinate[lead + $1]) }
  }

  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int] {
    let rank = max(a.count, b.count)
    let (x, y) = (Array(repeating: 1, count: rank - a.count) + a, Array(repeating: 1, count: rank - b.count) + b)
    return zip(x, y).map { $0 == 1 ? $1 : $0 }
  }
}

/// Random numbers that depend on a seed alone.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension IndexModel.Term {
  /// A random subscript for a shape. All its index tensors broadcast together.
  static func random(for shape: [Int], _ random: inout SplitMix) -> [IndexModel.Term] {
    let common = [[1], [2], [3], [2, 2], [3, 1]].randomElement(using: &random)!
    // The dimensions up to `head` and from `tail` have a term each; those between are left to an ellipsis or, at the end, to nobody.
    let head = Int.random(in: 0...shape.count, using: &random)
    let hasEllipsis = Bool.random(using: &random)
    let tail = hasEllipsis ? Int.random(in: head...shape.count, using: &random) : shape.count
    var terms: [IndexModel.Term] = []
    func append(_ dims: Range<Int>) {
      var dim = dims.lowerBound
      while dim < dims.upperBound {
        if Int.random(in: 0..<6, using: &random) == 0 { terms.append(.newAxis) }
        let rank = Int.random(in: 1...(dims.upperBound - dim), using: &random)
        if Int.random(in: 0..<5, using: &random) == 0, !shape[dim..<(dim + rank)].contains(0) {
          terms.append(mask(over: Array(shape[dim..<(dim + rank)]), hits: common.last!, &random))
          dim += rank
        } else {
          terms.append(one(for: shape[dim], common, &random))
          dim += 1
        }
      }
    }
    append(0..<head)
    if hasEllipsis { terms.append(.ellipsis) }
    append(tail..<shape.count)
    return terms
  }

  private static func one(for size: Int, _ common: [Int], _ random: inout SplitMix) -> IndexModel.Term {
    switch Int.random(in: 0..<3, using: &random) {
    case 0 where size > 0: return .position(Int.random(in: -size..<size, using: &random))
    case 1 where size > 0:
      let shape = common.suffix(Int.random(in: 1...common.count, using: &random)).map {
        Int.random(in: 0..<4, using: &random) == 0 ? 1 : $0
      }
      return .integers(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in Int.random(in: -size..<size, using: &random) })
    default:
      func bound() -> Int? {
        Bool.random(using: &random) ? nil : Int.random(in: (-size - 2)...(size + 2), using: &random)
      }
      return .slice(bound(), bound(), Int.random(in: 1...3, using: &random))
    }
  }

  /// A mask with as many hits as the other index tensors' last size, or with one where there is no room for them.
  private static func mask(over shape: [Int], hits: Int, _ random: inout SplitMix) -> IndexModel.Term {
    let count = shape.reduce(1, *)
    let chosen = Set((0..<count).shuffled(using: &random).prefix(hits <= count ? hits : 1))
    return .mask(shape: shape, values: (0..<count).map(chosen.contains))
  }
}
