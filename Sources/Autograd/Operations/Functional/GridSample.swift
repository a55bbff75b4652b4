import Devices

/// How `F.gridSample` finds the values between the elements.
public enum GridSampling: String, Sendable, CaseIterable { case bilinear, nearest, bicubic }

/// What `F.gridSample` takes for the values outside the input.
public enum GridPadding: String, Sendable, CaseIterable {
  case zeros
  /// Those of the outermost elements.
  case border
  /// Those of the positions mirrored at the outermost elements, or at the edges of their cells.
  case reflection
}

extension F {
  /// The input at the positions that a grid names.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, height, width], or with a depth before the height.
  ///   - grid: of shape [batch, rows, columns, 2] or [batch, layers, rows, columns, 3]: for every position of the result x, y (and z) in the
  ///     input, from −1 to 1.
  ///   - mode: between the elements; in three dimensions as well, bilinear then means trilinear.
  ///   - alignCorners: whether −1 and 1 are the middles of the outermost elements; otherwise they are the edges of their cells.
  ///
  /// Errors: `grid_sampler(): expected grid to have size 2 in last dimension, but got grid with sizes [1, 3, 3, 3]`; `grid_sampler(): expected
  /// grid and input to have same batch size, but got ...`; ...
  public static func gridSample(
    _ input: Tensor, _ grid: Tensor, mode: GridSampling = .bilinear, paddingMode: GridPadding = .zeros, alignCorners: Bool = false
  ) -> Tensor {
    attempt(input, grid) { x, grid throws(TensorError) in
      try checkGrid(x, grid)
      let space = Array(x.shape.dropFirst(2))
      let positions = grid.shape.dropFirst().dropLast().reduce(1, *)
      let (batch, channels, volume) = (x.shape[0], x.shape[1], space.reduce(1, *))
      let coordinates = grid.reshape([batch * positions, space.count])

      // The elements around every position: where they are, whether they are inside, and how much each counts.
      var places = (Tensor.positions(batch, on: x.device) * volume).unsqueeze(1).expand([batch, positions]).reshape([-1, 1])
      var areInside = Tensor.ones([1, 1], dtype: .bool, device: x.device)
      var weights = Tensor.ones([1, 1], dtype: x.dtype, device: x.device)
      var step = 1
      // The innermost dimension comes first in the grid.
      for (column, size) in space.reversed().enumerated() {
        let axis = GridAxis(size: size, mode: mode, padding: paddingMode, alignsCorners: alignCorners)
        let taps = axis.taps(coordinates.select(dim: 1, index: column))
        places = (taps.places * step).unsqueeze(2) + places.unsqueeze(1)
        areInside = taps.areInside.unsqueeze(2) .& areInside.unsqueeze(1)
        weights = taps.weights.unsqueeze(2) * weights.unsqueeze(1)
        (places, areInside, weights) = (places.flatten(startDim: 1), areInside.flatten(startDim: 1), weights.flatten(startDim: 1))
        step *= size
      }
      let count = places.shape[1]
      let index = AdvancedIndex(dims: [0], indices: [places], shape: places.shape)
      let elements = x.movedim(1, -1).reshape([batch * volume, channels]).picked(by: index)
      let values = Tensor.where(areInside.unsqueeze(-1), elements, 0)
      let sums = weights.expand([batch * positions, count]).unsqueeze(1).bmm(values)
      let result = sums.reshape([batch] + grid.shape.dropFirst().dropLast() + [channels])
      guard result.isValid else { return result }
      return result.detach().movedim(-1, 1).differentiable("GridSampler\(space.count)DBackward0", result, saves: false) { g in
        g.movedim(1, -1)
      }
    }
  }
}

/// A dimension of the input of a grid's positions.
private struct GridAxis {
  let size: Int
  let mode: GridSampling
  let padding: GridPadding
  let alignsCorners: Bool

  /// For every position the elements beside it along this dimension: [positions, taps].
  struct Taps {
    let places: Tensor
    let areInside: Tensor
    let weights: Tensor
  }

  func taps(_ coordinates: Tensor) -> Taps {
    let size = Double(size)
    var position = alignsCorners ? (coordinates + 1) * ((size - 1) / 2) : (coordinates + 1) * (size / 2) - 0.5
    // Cubic convolution pads its elements, the others their positions.
    if mode != .bicubic { position = padded(position) }
    position = position.unsqueeze(1)
    let start = position.detach().floor()
    let part = position - start
    func row(_ values: [Double]) -> Tensor { Tensor(values, dtype: position.dtype, device: position.device) }
    switch mode {
    case .nearest: return taps(at: position.detach().round(), weights: position.detach().onesLike())
    case .bilinear: return taps(at: start + row([0, 1]), weights: part * row([-1, 1]) + row([1, 0]))
    case .bicubic:
      let weights = concatenate(
        [GridAxis.outer(part + 1), GridAxis.inner(part), GridAxis.inner(1 - part), GridAxis.outer(2 - part)], dim: 1)
      return taps(at: padded(start + row([-1, 0, 1, 2])), weights: weights)
    }
  }

  private func taps(at positions: Tensor, weights: Tensor) -> Taps {
    Taps(
      places: positions.to(.int64).clamp(min: 0, max: size - 1),
      areInside: (positions .>= 0) .& (positions .< Double(size)), weights: weights)
  }

  // MARK: Outside

  private func padded(_ position: Tensor) -> Tensor {
    func number(_ value: Double) -> Tensor { .full([], value, dtype: position.dtype, device: position.device) }
    let last = number(Double(size - 1))
    switch padding {
    case .zeros: return position
    case .border: return GridAxis.clipped(position, last)
    case .reflection:
      let (low, span) = alignsCorners ? (0, Double(size - 1)) : (-0.5, Double(size))
      if span == 0 { return position.zerosLike() }
      return GridAxis.clipped(GridAxis.reflected(position, number(low), number(span)), last)
    }
  }

  /// Into the range from zero to `last`; what is not a number becomes zero. Not even at the ends does a gradient go through.
  private static let clipped = ElementwiseKernel { x, last in (x .> 0).select((x .< last).select(x, last), 0) }

  /// Mirrored at `low` and at `low + span` as often as it takes.
  private static let reflected = ElementwiseKernel { x, low, span in
    let shifted = x - low
    let distance = (shifted .< 0).select(-shifted, shifted)
    let flips = (distance / span).floor()
    let rest = distance - flips * span
    let isEven = flips .== (flips / 2).floor() * 2
    return isEven.select(rest + low, span - rest + low)
  }

  // MARK: Cubic convolution (Keys, 1981), with a = −0.75

  private static let inner = ElementwiseKernel { x in (x * 1.25 - 2.25) * x * x + 1 }
  private static let outer = ElementwiseKernel { x in (((x - 5) * x + 8) * x - 4) * -0.75 }
}

private func checkGrid(_ x: Tensor, _ grid: Tensor) throws(TensorError) {
  if x.device !== grid.device { throw mixedDevices(x.device, grid.device) }
  let sizes = "but got input with sizes \(x.shape) and grid with sizes \(grid.shape)"
  guard x.rank > 0, grid.rank > 0, x.shape[0] == grid.shape[0] else {
    throw .runtime("grid_sampler(): expected grid and input to have same batch size, \(sizes)")
  }
  guard grid.shape[grid.rank - 1] == x.rank - 2 else {
    throw .runtime(
      "grid_sampler(): expected grid to have size \(x.rank - 2) in last dimension, but got grid with sizes \(grid.shape)")
  }
  if let empty = x.shape.indices.dropFirst(2).first(where: { x.shape[$0] == 0 }) {
    throw .runtime(
      "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes \(x.shape) with dimension \(empty) being "
        + "empty")
  }
  guard x.rank == 4 || x.rank == 5, grid.rank == x.rank else {
    throw .runtime(
      "grid_sampler(): expected \(x.rank == 4 ? 4 : 5)D input and grid with same number of dimensions, \(sizes)")
  }
  guard x.dtype == grid.dtype else {
    throw .runtime("expected scalar type \(x.dtype.scalarTypeName) but found \(grid.dtype.scalarTypeName)")
  }
  guard x.isFloatingPoint else {
    throw .notImplemented("\"grid_sampler_\(x.rank - 2)d_cpu\" not implemented for '\(x.dtype.scalarTypeName)'")
  }
}
