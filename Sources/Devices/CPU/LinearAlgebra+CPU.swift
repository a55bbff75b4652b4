import CBLAS

/// Factorizations and solutions by LAPACK, one matrix of the batch after the other. Those of a batch share the threads, or the threads share
/// one that is large.
enum CPULinearAlgebra {
  static func run(
    _ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand], device: String
  ) throws(TensorError) {
    try check(operation, inputs, device: device)
    switch inputs[0].dtype {
    case .float32: try LAPACKRun<Float>(operation, inputs, outputs, device).run()
    case .float64: try LAPACKRun<Double>(operation, inputs, outputs, device).run()
    default: try rowOrder(inputs[0], to: outputs[0])
    }
  }

  /// - Throws: where LAPACK does not compute with the dtype.
  static func check(_ operation: LinearAlgebra, _ inputs: [Operand], device: String) throws(TensorError) {
    let dtype = inputs[0].dtype
    let isKnown = operation == .rowOrder ? dtype == .int32 : dtype == .float32 || dtype == .float64
    guard isKnown else { throw .notImplemented("\"\(operation.name)_\(device)\" not implemented for '\(dtype.scalarTypeName)'") }
  }
}

extension CPULinearAlgebra {
  private static func rowOrder(_ pivots: Operand, to output: Operand) throws(TensorError) {
    let (steps, rows) = (pivots.shape[pivots.layout.rank - 1], output.shape[output.layout.rank - 1])
    let exchanges = try MatrixIntegers(reading: pivots, size: steps)
    let order = try MatrixIntegers(writing: output, size: rows)
    for item in 0..<(rows == 0 ? 0 : output.count / rows) {
      let (pivots, order) = (exchanges[item], order[item])
      for row in 0..<rows { order[row] = Int32(row) }
      for step in 0..<steps {
        guard (1...rows).contains(Int(pivots[step])) else { throw .pivotOutOfRange }
        (order[step], order[Int(pivots[step]) - 1]) = (order[Int(pivots[step]) - 1], order[step])
      }
    }
    order.store()
  }
}

extension TensorError {
  static let pivotOutOfRange = TensorError.runtime(
    "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result of lu_factor?")
  static let pivotOfSolutionOutOfRange = TensorError.runtime(
    "Pivots given to lu_solve must all be greater or equal to 1. Did you properly pass the result of lu_factor?")
  static let pivotOfBlocksOutOfRange = TensorError.runtime(
    "Pivots given to ldl_solve must all satisfy |pivot| >= 1. Did you properly pass the result of ldl_factor?")
}

extension LinearAlgebra {
  /// The case's name, without what it carries.
  var name: String { String("\(self)".prefix { $0 != "(" }) }
}

/// One command's work.
struct LAPACKRun<T: LAPACKElement> {
  let operation: LinearAlgebra
  let inputs: [Operand]
  let outputs: [Operand]
  let device: String

  init(_ operation: LinearAlgebra, _ inputs: [Operand], _ outputs: [Operand], _ device: String) {
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.device = device
  }

  let order = LAPACK_COL_MAJOR

  func run() throws(TensorError) {
    switch operation {
    case .cholesky(let upper): try cholesky(upper: upper)
    case .lu: try lu()
    case .rowOrder: break  // of integers
    case .luSolve(let transposed): try luSolve(transposed: transposed)
    case .triangularSolve(let upper, let unitriangular): try triangularSolve(upper: upper, unitriangular: unitriangular)
    case .ldl: try ldl()
    case .ldlSolve: try ldlSolve()
    case .reflectors: try reflectors()
    case .reflectorProduct: try reflectorProduct()
    case .reflect(let transposed): try reflect(transposed: transposed)
    case .symmetricEigen(let upper): try symmetricEigen(upper: upper)
    case .singularValues: try singularValues()
    case .leastSquares(let driver, let cutoff): try leastSquares(driver, cutoff: cutoff)
    }
  }

  // MARK: The batch

  /// Calls LAPACK for every matrix and keeps what it returns.
  ///
  /// - Parameters:
  ///   - size: of one matrix, for the share that is worth a thread.
  ///   - info: receives the codes; where there is no such operand any but zero is an error.
  ///   - isShared: whether the threads share each matrix.
  ///   - body: prepares the workspace that all matrices of a share use, and returns what computes one of them.
  func forEach(
    _ count: Int, size: (Int32, Int32), info: Operand? = nil, isShared: Bool = false,
    _ body: () throws(TensorError) -> (_ item: Int) -> Int32
  ) throws(TensorError) {
    let work = Int(size.0) * Int(size.1) * Int(min(size.0, size.1))
    let codes = try info.map { (info) throws(TensorError) in try MatrixIntegers(writing: info, size: 1) }
    let refused = Lock<Int32>(0)
    let failure = Lock<TensorError?>(nil)
    func compute(_ range: Range<Int>) {
      let compute: (_ item: Int) -> Int32
      do throws(TensorError) { compute = try body() } catch {
        return failure.withLock { $0 = error }
      }
      do throws(TensorError) {
        try BLASBuffers.with(threads: isShared ? ThreadPool.shared.threadCount : 1) {
          for item in range {
            let code = compute(item)
            codes?[item].pointee = code
            if code < 0 && code != Self.notFinite || codes == nil && code != 0 { refused.withLock { $0 = code } }
          }
        }
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if isShared {
      compute(0..<count)
    } else {
      ThreadPool.shared.parallel(count: count, grain: max(1, 30_000 / max(1, work)), compute)
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    let code = refused.withLock { $0 }
    guard code == 0 else { throw .runtime("\(operation.name) on \(device): LAPACK returned the code \(code)") }
    codes?.store()
  }

  /// Calls LAPACK for the columns of every matrix, all or a part of them, to be solved for by n equations each.
  func forEachColumn(
    of x: Matrices<T>, _ n: Int32, _ solve: @escaping (_ item: Int, _ columns: Range<Int>) -> Int32
  ) throws(TensorError) {
    let work = Int(n) * Int(n) * Int(x.columns)
    // By the sizes alone, as columns that are solved for with others may differ from what they are alone in the last bit.
    let parts = ColumnBlocks.shares(
      of: 0..<Int(x.columns),
      max(1, min(Self.mostColumnParts / max(1, x.count), work / Self.columnGrain, Int(x.columns) / Self.leastColumns)))
    try forEach(x.count * parts.count, size: (n, x.columns / Int32(max(1, parts.count)))) {
      { index in
        let (item, part) = index.quotientAndRemainder(dividingBy: parts.count)
        return solve(item, parts[part])
      }
    }
  }

  /// The multiplications and the columns of a part, and how many parts are enough: each rearranges all of the factor for itself.
  private static var columnGrain: Int { 1 << 19 }
  private static var leastColumns: Int { 32 }
  private static var mostColumnParts: Int { 8 }

  /// The code of a matrix with elements that are not finite: LAPACK's functions would call it an illegal argument, or not end.
  static var notFinite: Int32 { -1 }

  func isFinite(_ elements: UnsafeMutableBufferPointer<T>) -> Bool { elements.allSatisfy(\.isFinite) }

  func isFinite(triangleOf elements: UnsafeMutableBufferPointer<T>, _ n: Int, upper: Bool) -> Bool {
    (0..<n).allSatisfy { column in
      (upper ? 0..<(column + 1) : column..<n).allSatisfy { elements[column * n + $0].isFinite }
    }
  }

  // MARK: Workspace

  /// Memory that LAPACK asks for: the size is what it answers to a question for -1 elements.
  static func workspace(_ query: (UnsafeMutablePointer<T>) -> Int32) throws(TensorError) -> Workspace<T> {
    var answer: T = 1
    _ = query(&answer)
    // A size beyond the precision of Float has been rounded.
    return try Workspace(count: Int(answer.nextUp.rounded(.up)))
  }
}

/// Memory for one thread's use, which begins with a line of the cache wherever it lies: there are loops that begin otherwise elsewhere.
final class Workspace<T> {
  let start: UnsafeMutablePointer<T>
  /// What LAPACK is told, which counts in 32 bits: of a larger workspace it uses a part.
  let count: Int32
  private let memory: (block: UnsafeMutableRawPointer, byteCount: Int)

  init(count: Int) throws(TensorError) {
    let count = max(count, 1)
    self.count = Int32(clamping: count)
    let byteCount = count * MemoryLayout<T>.stride + 64
    memory = (try CachingAllocator.shared.allocate(byteCount: byteCount), byteCount)
    start = memory.block.alignedUp(toMultipleOf: 64).bindMemory(to: T.self, capacity: count)
  }

  deinit { CachingAllocator.shared.deallocate(memory.block, byteCount: memory.byteCount) }
}

// MARK: - Triangular factors, and what is solved with them

extension LAPACKRun {
  func cholesky(upper: Bool) throws(TensorError) {
    let factor = try Matrices<T>(writing: outputs[0], from: inputs[0], anyLead: true)
    let (n, lead) = (Int(factor.rows), Int(factor.lead))
    let isBlocked = ColumnBlocks.pay(rows: factor.rows, columns: factor.rows)
    let isShared = isBlocked && ColumnBlocks.takeTurns(factor.count)
    try forEach(factor.count, size: (factor.rows, factor.rows), info: outputs[1], isShared: isShared) {
      { item in
        let a = factor[item]
        let code =
          isBlocked
          ? sharedCholesky(n, a, lead: lead, upper: upper)
          : T.potrf(order, letter(upper ? "U" : "L"), factor.rows, a, factor.lead)
        ThreadPool.shared.parallel(count: n, grain: max(1, 65_536 / max(1, n))) { columns in
          for column in columns {
            let others = upper ? (column + 1)..<n : 0..<column
            (a + column * lead + others.lowerBound).update(repeating: 0, count: others.count)
          }
        }
        // OpenBLAS goes on where a pivot is not a number.
        if code == 0, let failed = (0..<n).first(where: { a[$0 * (lead + 1)].isNaN }) { return Int32(failed + 1) }
        return code
      }
    }
    factor.store()
  }

  func lu() throws(TensorError) {
    let factors = try Matrices<T>(writing: outputs[0], from: inputs[0], anyLead: true)
    let (m, n) = (factors.rows, factors.columns)
    let pivots = try MatrixIntegers(writing: outputs[1], size: Int(min(m, n)))
    let isBlocked = ColumnBlocks.pay(rows: m, columns: n)
    let isShared = isBlocked && ColumnBlocks.takeTurns(factors.count)
    try forEach(factors.count, size: (m, n), info: outputs[2], isShared: isShared) {
      { item in
        isBlocked
          ? sharedLU(Int(m), Int(n), factors[item], lead: Int(factors.lead), pivots[item])
          : T.getrf(order, m, n, factors[item], factors.lead, pivots[item])
      }
    }
    factors.store()
    pivots.store()
  }

  func luSolve(transposed: Bool) throws(TensorError) {
    let factors = try Matrices<T>(reading: inputs[0], anyLead: true)
    let n = factors.rows
    let pivots = try MatrixIntegers(reading: inputs[1], size: Int(n))
    let x = try Matrices<T>(writing: outputs[0], from: inputs[2], anyLead: true)
    // LAPACK would follow a pivot wherever it points.
    for item in 0..<factors.count {
      for row in 0..<Int(n) where pivots[item][row] < 1 || pivots[item][row] > n {
        throw .pivotOfSolutionOutOfRange
      }
    }
    try forEachColumn(of: x, n) { item, columns in
      T.getrs(
        order, letter(transposed ? "T" : "N"), n, Int32(columns.count), factors[item], factors.lead, pivots[item],
        x[item] + columns.lowerBound * Int(x.lead), x.lead)
    }
    x.store()
  }

  func triangularSolve(upper: Bool, unitriangular: Bool) throws(TensorError) {
    // A matrix that lies row by row is the transpose of one that lies column by column.
    let isTransposed = inputs[0].columnSteps == nil && inputs[0].transposed.columnSteps != nil
    let a = try Matrices<T>(reading: isTransposed ? inputs[0].transposed : inputs[0], anyLead: true)
    let x = try Matrices<T>(writing: outputs[0], from: inputs[1], anyLead: true)
    try forEachColumn(of: x, x.rows) { item, columns in
      T.trsm(
        CblasColMajor, CblasLeft, upper != isTransposed ? CblasUpper : CblasLower, isTransposed ? CblasTrans : CblasNoTrans,
        unitriangular ? CblasUnit : CblasNonUnit, x.rows, Int32(columns.count), 1, a[item], a.lead,
        x[item] + columns.lowerBound * Int(x.lead), x.lead)
      return 0
    }
    x.store()
  }

  func ldl() throws(TensorError) {
    let factors = try Matrices<T>(writing: outputs[0], from: inputs[0])
    let n = factors.rows
    let pivots = try MatrixIntegers(writing: outputs[1], size: Int(n))
    try forEach(factors.count, size: (n, n), info: outputs[2]) { () throws(TensorError) in
      let work = try Self.workspace { T.sytrf(order, letter("L"), n, nil, factors.lead, nil, $0, -1) }
      return { item in
        let code = T.sytrf(order, letter("L"), n, factors[item], factors.lead, pivots[item], work.start, work.count)
        // What LAPACK leaves above the diagonal is of the input.
        for column in 1..<max(Int(n), 1) {
          for row in 0..<column { factors[item][column * Int(n) + row] = 0 }
        }
        return code
      }
    }
    factors.store()
    pivots.store()
  }

  func ldlSolve() throws(TensorError) {
    let factors = try Matrices<T>(reading: inputs[0])
    let n = factors.rows
    let pivots = try MatrixIntegers(reading: inputs[1], size: Int(n))
    let x = try Matrices<T>(writing: outputs[0], from: inputs[2])
    for item in 0..<factors.count {
      for row in 0..<Int(n) where pivots[item][row] == 0 || pivots[item][row].magnitude > n {
        throw .pivotOfBlocksOutOfRange
      }
    }
    try forEach(x.count, size: (n, max(n, x.columns))) {
      { item in T.sytrs(order, letter("L"), n, x.columns, factors[item], factors.lead, pivots[item], x[item], x.lead) }
    }
    x.store()
  }

  /// LAPACK's options are letters.
  func letter(_ name: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: name.value) }
}
