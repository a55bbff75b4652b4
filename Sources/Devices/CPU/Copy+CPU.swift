import CKernels

/// Copies between layouts of one dtype.
enum CPUCopy {
  /// Elements that are worth another thread.
  private static let grain = 32_768

  static func run(_ input: Operand, to output: Operand) {
    let count = output.count
    let size = output.dtype.byteCount
    if input.layout.isContiguous && output.layout.isContiguous {
      let (source, target) = (input.address, output.address)
      ThreadPool.shared.parallel(count: count, grain: 2 * grain) { range in
        (target + range.lowerBound * size).copyMemory(from: source + range.lowerBound * size, byteCount: range.count * size)
      }
      return
    }
    if count > 0 { Plan(input, output).run(from: input.address, to: output.address, elementSize: size) }
  }

  /// The copy as planes of two dimensions: columns that follow each other closely in the output, and rows that do so in the input.
  private struct Plan {
    private struct Axis {
      let size: Int
      let output: Int
      let input: Int
    }

    private let rows: Axis
    private let columns: Axis
    private var outer: Axes

    init(_ input: Operand, _ output: Operand) {
      var axes = Axes(output.shape.indices, of: [output.layout, input.layout])
      axes.sort()
      axes.coalesce()
      columns = Plan.take(&axes, axes.rank - 1)
      // Where the input's columns lie apart, its elements follow each other in some other dimension.
      let steps = axes.strides[1]
      let row = columns.input == 1 ? axes.rank - 1 : steps.indices.min { abs(steps[$0]) < abs(steps[$1]) } ?? 0
      rows = Plan.take(&axes, row)
      outer = axes
    }

    private static func take(_ axes: inout Axes, _ axis: Int) -> Axis {
      guard axes.rank > 0 else { return Axis(size: 1, output: 0, input: 0) }
      let (size, strides) = axes.remove(axis)
      return Axis(size: size, output: strides[0], input: strides[1])
    }

    func run(from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer, elementSize: Int) {
      let count = outer.count * rows.size * columns.size
      let isStreamed = count * elementSize >= CPUElementwise.streamedByteCount
      func copy(_ planes: Range<Int>, _ part: Range<Int>) {
        for plane in planes {
          let to = outer.offset(of: plane, in: 0) + part.lowerBound * rows.output
          let from = outer.offset(of: plane, in: 1) + part.lowerBound * rows.input
          fx_copy_plane(
            target + to * elementSize, rows.output, columns.output, source + from * elementSize, rows.input, columns.input,
            part.count, columns.size, Int32(elementSize), isStreamed ? 1 : 0)
        }
      }
      if outer.count == 1 {
        ThreadPool.shared.parallel(count: rows.size, grain: max(1, grain / columns.size)) { copy(0..<1, $0) }
      } else {
        let plane = rows.size * columns.size
        ThreadPool.shared.parallel(count: outer.count, grain: max(1, grain / plane)) { copy($0, 0..<rows.size) }
      }
    }
  }
}
