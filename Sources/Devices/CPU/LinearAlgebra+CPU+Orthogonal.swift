// Reflectors and what is made of them, eigenvalues, singular values and least squares.

extension LAPACKRun {
  func reflectors() throws(TensorError) {
    let a = try Matrices<T>(writing: outputs[0], from: inputs[0])
    let tau = try Matrices<T>(writing: outputs[1].asColumns)
    try forEach(a.count, size: (a.rows, a.columns)) { () throws(TensorError) in
      let work = try Self.workspace { T.geqrf(order, a.rows, a.columns, nil, a.lead, nil, $0, -1) }
      return { item in T.geqrf(order, a.rows, a.columns, a[item], a.lead, tau[item], work.start, work.count) }
    }
    a.store()
    tau.store()
  }

  func reflectorProduct() throws(TensorError) {
    let reflectors = try Matrices<T>(reading: inputs[0])
    let tau = try Matrices<T>(reading: inputs[1].asColumns)
    let q = try Matrices<T>(writing: outputs[0])
    let given = reflectors.elements(0).count
    try forEach(q.count, size: (q.rows, q.columns)) { () throws(TensorError) in
      let work = try Self.workspace { T.orgqr(order, q.rows, q.columns, tau.rows, nil, q.lead, nil, $0, -1) }
      return { item in
        // LAPACK reads the reflectors alone; the columns behind them are made.
        q[item].update(from: reflectors[item], count: given)
        return T.orgqr(order, q.rows, q.columns, tau.rows, q[item], q.lead, tau[item], work.start, work.count)
      }
    }
    q.store()
  }

  func reflect(transposed: Bool) throws(TensorError) {
    let reflectors = try Matrices<T>(reading: inputs[0])
    let tau = try Matrices<T>(reading: inputs[1].asColumns)
    let b = try Matrices<T>(writing: outputs[0], from: inputs[2])
    let (side, transpose) = (letter("L"), letter(transposed ? "T" : "N"))
    try forEach(b.count, size: (b.rows, b.columns)) { () throws(TensorError) in
      let work = try Self.workspace {
        T.ormqr(order, side, transpose, b.rows, b.columns, tau.rows, nil, reflectors.lead, nil, nil, b.lead, $0, -1)
      }
      return { item in
        T.ormqr(
          order, side, transpose, b.rows, b.columns, tau.rows, reflectors[item], reflectors.lead, tau[item], b[item], b.lead,
          work.start, work.count)
      }
    }
    b.store()
  }

  // MARK: Spectra

  func symmetricEigen(upper: Bool) throws(TensorError) {
    let wantsVectors = outputs.count == 3
    let values = try Matrices<T>(writing: outputs[0].asColumns)
    let vectors = wantsVectors ? try Matrices<T>(writing: outputs[1], from: inputs[0]) : try Matrices<T>(copying: inputs[0])
    let n = vectors.rows
    let (job, triangle) = (letter(wantsVectors ? "V" : "N"), letter(upper ? "U" : "L"))
    try forEach(vectors.count, size: (n, n), info: outputs[outputs.count - 1]) { () throws(TensorError) in
      var integerCount: Int32 = 1
      let work = try Self.workspace { T.syevd(order, job, triangle, n, nil, vectors.lead, nil, $0, -1, &integerCount, -1) }
      let integers = try Workspace<Int32>(count: Int(integerCount))
      return { item in
        guard isFinite(triangleOf: vectors.elements(item), Int(n), upper: upper) else {
          vectors.elements(item).update(repeating: .nan)
          values.elements(item).update(repeating: .nan)
          return Self.notFinite
        }
        return T.syevd(
          order, job, triangle, n, vectors[item], vectors.lead, values[item], work.start, work.count, integers.start,
          integers.count)
      }
    }
    values.store()
    if wantsVectors { vectors.store() }
  }

  func singularValues() throws(TensorError) {
    let a = try Matrices<T>(copying: inputs[0])
    let (m, n) = (a.rows, a.columns)
    let wantsVectors = outputs.count == 4
    let s = try Matrices<T>(writing: outputs[wantsVectors ? 1 : 0].asColumns)
    let u = wantsVectors ? try Matrices<T>(writing: outputs[0]) : nil
    let vt = wantsVectors ? try Matrices<T>(writing: outputs[2]) : nil
    let isFull = u.map { $0.columns == m } ?? false && vt.map { $0.rows == n } ?? false
    let job = letter(!wantsVectors ? "N" : isFull ? "A" : "S")
    try forEach(a.count, size: (m, n), info: outputs[outputs.count - 1]) { () throws(TensorError) in
      let work = try Self.workspace {
        T.gesdd(order, job, m, n, nil, a.lead, nil, nil, u?.lead ?? 1, nil, vt?.lead ?? 1, $0, -1, nil)
      }
      let integers = try Workspace<Int32>(count: 8 * Int(min(m, n)))
      return { item in
        let vectors = [u, vt].compactMap { $0?.elements(item) }
        guard isFinite(a.elements(item)) else {
          for elements in vectors + [s.elements(item)] { elements.update(repeating: .nan) }
          return Self.notFinite
        }
        if min(m, n) == 0 {
          // Of no matrix the vectors are the unit vectors.
          for (matrix, side) in zip(vectors, [m, n]) {
            for index in matrix.indices { matrix[index] = index % (Int(side) + 1) == 0 ? 1 : 0 }
          }
          return 0
        }
        return T.gesdd(
          order, job, m, n, a[item], a.lead, s[item], u?[item], u?.lead ?? 1, vt?[item], vt?.lead ?? 1, work.start, work.count,
          integers.start)
      }
    }
    for matrices in [u, s, vt] { matrices?.store() }
  }
}

// MARK: - Least squares

extension LAPACKRun {
  func leastSquares(_ driver: LeastSquaresDriver, cutoff: Double) throws(TensorError) {
    let a = try Matrices<T>(copying: inputs[0])
    let b = try Matrices<T>(reading: inputs[1])
    let x = try Matrices<T>(writing: outputs[0])
    let rank = try MatrixIntegers(writing: outputs[1], size: 1)
    let s = try Matrices<T>(writing: outputs[2].asColumns)
    let (m, n, k) = (a.rows, a.columns, b.columns)
    // LAPACK reads B and writes X in one matrix that has the rows of either.
    let lead = max(m, n, 1)
    let cutoff = T(cutoff)
    try forEach(a.count, size: (m, n), info: outputs[3]) { () throws(TensorError) in
      let both = try Workspace<T>(count: Int(lead) * Int(k))
      let integers: Workspace<Int32>
      let solve: (_ a: T.Pointer?, _ s: T.Pointer?, _ rank: T.Integers?, _ work: T.Pointer, _ count: Int32) -> Int32
      switch driver {
      case .gels:
        integers = try Workspace(count: 0)
        solve = { T.gels(order, letter("N"), m, n, k, $0, a.lead, both.start, lead, $3, $4) }
      case .gelsy:
        integers = try Workspace(count: Int(n))
        solve = { T.gelsy(order, m, n, k, $0, a.lead, both.start, lead, integers.start, cutoff, $2, $3, $4) }
      case .gelsd:
        // LAPACK does not say here how many integers it wants; its documentation bounds them so.
        let least = Int(min(m, n))
        integers = try Workspace(count: 3 * least * 32 + 11 * least)
        solve = { T.gelsd(order, m, n, k, $0, a.lead, both.start, lead, $1, cutoff, $2, $3, $4, integers.start) }
      case .gelss:
        integers = try Workspace(count: 0)
        solve = { T.gelss(order, m, n, k, $0, a.lead, both.start, lead, $1, cutoff, $2, $3, $4) }
      }
      var ignored: Int32 = 0
      let work = try Self.workspace { solve(nil, nil, &ignored, $0, -1) }
      return { item in
        guard isFinite(a.elements(item)), isFinite(b.elements(item)) else {
          x.elements(item).update(repeating: .nan)
          s.elements(item).update(repeating: .nan)
          rank[item].pointee = 0
          return Self.notFinite
        }
        both.start.update(repeating: 0, count: Int(both.count))
        for column in 0..<Int(k) {
          (both.start + column * Int(lead)).update(from: b[item] + column * Int(m), count: Int(m))
        }
        // Columns that are free to be exchanged.
        if driver == .gelsy { integers.start.update(repeating: 0, count: Int(integers.count)) }
        let code = solve(a[item], s[item], rank[item], work.start, work.count)
        for column in 0..<Int(k) {
          (x[item] + column * Int(n)).update(from: both.start + column * Int(lead), count: Int(n))
        }
        return code
      }
    }
    x.store()
    s.store()
    rank.store()
  }
}
