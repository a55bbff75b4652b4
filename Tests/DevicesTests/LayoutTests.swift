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
}
