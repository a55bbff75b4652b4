import Devices
import Testing

@Suite struct LayoutTests {
  @Test func viewsOfTransposedBlocks() {
    let layout = Layout(shape: [2, 3, 4])
    #expect(layout.viewed(as: [6, 4]) == Layout(shape: [6, 4]))
    #expect(layout.transposed(0, 1).viewed(as: [6, 4]) == nil)
    #expect(layout.transposed(1, 2).viewed(as: [2, 12]) == nil)
    let split = layout.transposed(0, 2).viewed(as: [2, 2, 3, 2])
    #expect(split?.strides == [2, 1, 4, 12])
  }

  @Test func broadcasting() throws {
    #expect(try broadcastShapes([3, 1], [4]) == [3, 4])
    #expect(throws: TensorError.self) { try broadcastShapes([2], [3]) }
    #expect(Layout(shape: [3, 1]).broadcast(to: [2, 3, 4]).strides == [0, 1, 0])
  }

  /// Layouts of matrices are shared and remembered: none may be another's.
  @Test func matrices() {
    for rows in 0..<40 {
      for columns in 0..<40 {
        let layout = Layout(rows: rows, columns: columns)
        #expect(layout.shape == [rows, columns] && layout.strides == [max(columns, 1), 1] && layout.offset == 0)
        #expect(layout == Layout(shape: [rows, columns]) && layout.count == rows * columns && layout.isContiguous)
        let transposed = layout.transposed(0, 1)
        #expect(transposed.shape == [columns, rows] && transposed.strides == [1, max(columns, 1)])
        #expect(transposed.transposed(1, 0) == layout && layout.transposed(1, 1) == layout)
      }
    }
    let odd = Layout(shape: [3, 5], strides: [10, 2], offset: 7)
    #expect(odd.transposed(0, 1) == Layout(shape: [5, 3], strides: [2, 10], offset: 7))
    #expect(Layout(rows: 5000, columns: 2).shape == [5000, 2])
    let repeated = Layout(repeatedIn: [2, 3])
    #expect(repeated.isUniform && repeated.count == 6 && !repeated.isContiguous)
  }
}
