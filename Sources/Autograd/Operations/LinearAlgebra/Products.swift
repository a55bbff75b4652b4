import Devices

// Products of vectors and of chains of matrices.

extension Linalg {
  /// The inner products along a dimension, the vectors of which may broadcast otherwise.
  ///
  /// Errors: `linalg.vecdot: Expected x and y to have the same dtype, but found Float instead of Double`; `linalg.vecdot: Expected a floating point
  /// or complex tensor as input. Got Long`.
  public static func vecdot(_ x: Tensor, _ y: Tensor, dim: Int = -1) -> Tensor {
    attempt(x, y) { x, y throws(TensorError) in
      try checkFloating("linalg.vecdot", x)
      guard x.dtype == y.dtype else {
        throw .runtime(
          "linalg.vecdot: Expected x and y to have the same dtype, but found \(x.dtype.scalarTypeName) instead of "
            + "\(y.dtype.scalarTypeName)")
      }
      return x.rank == 1 && y.rank == 1 ? x.dot(y) : (x * y).sum(dim: dim)
    }
  }

  /// The product of several matrices, multiplied in the order that takes the fewest operations. The first and the last may be vectors.
  ///
  /// Errors: `multi_dot(): expected at least 2 tensors but got 1`; `multi_dot(): tensors 0 and 1 with shapes [2, 3] and [4, 2] cannot be
  /// multiplied`; `multi_dot(): all tensors must have be the same dtype but tensor 0 is double and tensor 1 float`.
  public static func multiDot(_ tensors: [Tensor]) -> Tensor {
    attempt(tensors) { list throws(TensorError) in try chained(list) }
  }
}

private func chained(_ tensors: [Tensor]) throws(TensorError) -> Tensor {
  let count = tensors.count
  guard count >= 2 else { throw .runtime("multi_dot(): expected at least 2 tensors but got \(count)") }
  for (index, place) in [(0, "first"), (count - 1, "last")] where !(1...2).contains(tensors[index].rank) {
    throw .runtime("multi_dot(): the \(place) tensor must be 1D or 2D but got \(tensors[index].rank)D")
  }
  for index in 1..<(count - 1) where tensors[index].rank != 2 {
    throw .runtime("multi_dot(): tensor \(index) must be 2D but got \(tensors[index].rank)D")
  }
  for index in 1..<count where tensors[index].dtype != tensors[0].dtype {
    throw .runtime(
      "multi_dot(): all tensors must have be the same dtype but tensor 0 is \(tensors[0].dtype.cppName) and tensor \(index) "
        + "\(tensors[index].dtype.cppName)")
  }
  var shape: [Int] = []
  if tensors[0].rank == 2 { shape.append(tensors[0].size(0)) }
  if tensors[count - 1].rank == 2 { shape.append(tensors[count - 1].size(1)) }
  var matrices = tensors
  if tensors[0].rank == 1 { matrices[0] = tensors[0].unsqueeze(0) }
  if tensors[count - 1].rank == 1 { matrices[count - 1] = tensors[count - 1].unsqueeze(-1) }
  for index in 1..<count where matrices[index - 1].size(1) != matrices[index].size(0) {
    throw .runtime(
      "multi_dot(): tensors \(index - 1) and \(index) with shapes \(tensors[index - 1].shape) and \(tensors[index].shape) cannot be "
        + "multiplied")
  }
  let split = bestSplits([matrices[0].size(0)] + matrices.map { $0.size(1) })
  func product(_ first: Int, _ last: Int) -> Tensor {
    if first == last { return matrices[first] }
    let middle = split[first][last]
    return product(first, middle).mm(product(middle + 1, last))
  }
  return product(0, count - 1).view(shape)
}

/// Where to cut the chain of matrices from i to j so that the multiplications are fewest; matrix i is sizes[i] by sizes[i + 1]. The classical
/// dynamic program: Cormen et al., Introduction to Algorithms, section 15.2.
private func bestSplits(_ sizes: [Int]) -> [[Int]] {
  let count = sizes.count - 1
  var cost = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
  var split = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
  for length in 1..<count {
    for i in 0..<(count - length) {
      let j = i + length
      cost[i][j] = .infinity
      for k in i..<j {
        let total = cost[i][k] + cost[k + 1][j] + Double(sizes[i]) * Double(sizes[k + 1]) * Double(sizes[j + 1])
        if total < cost[i][j] { (cost[i][j], split[i][j]) = (total, k) }
      }
    }
  }
  return split
}
