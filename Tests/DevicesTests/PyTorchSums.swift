@testable import Devices

/// A reduction, and a hash of the bits of its results in PyTorch 2.15 with one thread on a processor with AVX2.
struct PyTorchSums: Sendable, CustomStringConvertible {
  var reduction: Reduction
  var dtype: DType
  var shape: [Int]
  var dims: [Int]
  var hash: UInt64

  init(_ reduction: Reduction, _ dtype: DType, _ shape: [Int], _ dims: [Int], _ hash: UInt64) {
    (self.reduction, self.dtype, self.shape, self.dims, self.hash) = (reduction, dtype, shape, dims, hash)
  }

  var description: String { "\(reduction) of \(dtype) \(shape) over \(dims)" }

  static let rows = [
    PyTorchSums(.sum, .float32, [3], [0], 0x9D1C1CCEA8F202FF),
    PyTorchSums(.sum, .float32, [5], [0], 0xCF6256AA315F55DA),
    PyTorchSums(.sum, .float32, [7], [0], 0xE6DCF2AA5944ACEE),
    PyTorchSums(.sum, .float32, [9], [0], 0x7FBEC3AB5D0C6311),
    PyTorchSums(.sum, .float32, [31], [0], 0x6A99B9BA841E7313),
    PyTorchSums(.sum, .float32, [40], [0], 0xC24E81BB1926A2EB),
    PyTorchSums(.sum, .float32, [100], [0], 0x523E2EBC0DBAE5E2),
    PyTorchSums(.sum, .float32, [1000], [0], 0x2FC2AABF39230496),
    PyTorchSums(.sum, .float32, [30000], [0], 0x533FFFB54370FC05),
    PyTorchSums(.sum, .float32, [4, 3], [0], 0xC113D1D622A61BCE),
    PyTorchSums(.sum, .float32, [5, 3], [0], 0x90C84EDAEF98CDB1),
    PyTorchSums(.sum, .float32, [7, 6], [0], 0xB6AA21DDE664EB9E),
    PyTorchSums(.sum, .float32, [6, 7], [1], 0xC3A3C9B21FCAB193),
    PyTorchSums(.sum, .float32, [50, 10], [0], 0x7AC4A2821D7C7490),
    PyTorchSums(.sum, .float32, [100, 40], [0], 0x970FBE710CED2885),
    PyTorchSums(.sum, .float32, [300, 90], [0], 0x9773F0D4241E121D),
    PyTorchSums(.sum, .float32, [90, 300], [1], 0x4CBC12AF5618D483),
    PyTorchSums(.sum, .float32, [20, 6, 20], [1], 0x58F0124B29572D98),
    PyTorchSums(.sum, .float32, [20, 6, 20], [2], 0xFC7C386B6306DB58),
    PyTorchSums(.sum, .float32, [12, 11], [0, 1], 0xC7B7ABBCD5585549),
    PyTorchSums(.sum, .float64, [3], [0], 0x9BD536B08601B7DF),
    PyTorchSums(.sum, .float64, [5], [0], 0xF2277178A601B7DF),
    PyTorchSums(.sum, .float64, [7], [0], 0xF0F9895B2601B7DF),
    PyTorchSums(.sum, .float64, [9], [0], 0xCCBC2F7C6601B7DF),
    PyTorchSums(.sum, .float64, [31], [0], 0xE69EA62FA601B7DF),
    PyTorchSums(.sum, .float64, [40], [0], 0xB561293BA401B7DF),
    PyTorchSums(.sum, .float64, [100], [0], 0xB1A620602901B7DF),
    PyTorchSums(.sum, .float64, [1000], [0], 0x60F187464591B7DF),
    PyTorchSums(.sum, .float64, [30000], [0], 0x715CE2DE2EFCB7DF),
    PyTorchSums(.sum, .float64, [4, 3], [0], 0x8EABBB198C0F2FB7),
    PyTorchSums(.sum, .float64, [5, 3], [0], 0xA85F714B5C0F2FB7),
    PyTorchSums(.sum, .float64, [7, 6], [0], 0x123FF5FB899D713D),
    PyTorchSums(.sum, .float64, [6, 7], [1], 0x8BB04155E19D713D),
    PyTorchSums(.sum, .float64, [50, 10], [0], 0xF8F1114EB8F6EF8D),
    PyTorchSums(.sum, .float64, [100, 40], [0], 0xC0D726B90AF65C45),
    PyTorchSums(.sum, .float64, [300, 90], [0], 0x7FC7C2DE9E1997CD),
    PyTorchSums(.sum, .float64, [90, 300], [1], 0x1DD588237FD997CD),
    PyTorchSums(.sum, .float64, [20, 6, 20], [1], 0xFE5580C567B34265),
    PyTorchSums(.sum, .float64, [20, 6, 20], [2], 0xEB31C5E649C22A85),
    PyTorchSums(.sum, .float64, [12, 11], [0, 1], 0x00E5ADD6F081B7DF),
    PyTorchSums(.product, .float32, [3], [0], 0x2FDC93A5BC4F0B81),
    PyTorchSums(.product, .float32, [5], [0], 0x2E2DECB19E7345BC),
    PyTorchSums(.product, .float32, [7], [0], 0xBCED43D3F8026844),
    PyTorchSums(.product, .float32, [9], [0], 0xD9041FC329BD4018),
    PyTorchSums(.product, .float32, [31], [0], 0x8F82CFAC95D68528),
    PyTorchSums(.product, .float32, [40], [0], 0xC93D078CAEEDF250),
    PyTorchSums(.product, .float32, [100], [0], 0xAF63BD4C8601B7DF),
    PyTorchSums(.product, .float32, [1000], [0], 0xAF63BC730601B7DF),
    PyTorchSums(.product, .float32, [30000], [0], 0xAF63BC730601B7DF),
    PyTorchSums(.product, .float32, [4, 3], [0], 0x032C33AD0E486D6F),
    PyTorchSums(.product, .float32, [5, 3], [0], 0x294EFEB99E0138BD),
    PyTorchSums(.product, .float32, [7, 6], [0], 0xBC661EA9E1BCCBD2),
    PyTorchSums(.product, .float32, [6, 7], [1], 0xCC1C8A62AD3ECCBF),
    PyTorchSums(.product, .float32, [50, 10], [0], 0xA1EFB1A18E0012E5),
    PyTorchSums(.product, .float32, [100, 40], [0], 0xD7CE96E170F65C45),
    PyTorchSums(.product, .float32, [300, 90], [0], 0x9CF176FADB1997CD),
    PyTorchSums(.product, .float32, [90, 300], [1], 0xCDF9E2D2DB1997CD),
    PyTorchSums(.product, .float32, [20, 6, 20], [1], 0x647465C9CC330D16),
    PyTorchSums(.product, .float32, [20, 6, 20], [2], 0xFDC47B3EACDC4CE6),
    PyTorchSums(.product, .float64, [3], [0], 0x6A89C5A0856A30B9),
    PyTorchSums(.product, .float64, [5], [0], 0x6D7C1250E761B7B1),
    PyTorchSums(.product, .float64, [7], [0], 0xB5538F9154CC059C),
    PyTorchSums(.product, .float64, [9], [0], 0x7815431D46FC75D8),
    PyTorchSums(.product, .float64, [31], [0], 0xC9B564D1D48F0BD3),
    PyTorchSums(.product, .float64, [40], [0], 0x0593A166BA68C759),
    PyTorchSums(.product, .float64, [100], [0], 0xC566000DA7897CCB),
    PyTorchSums(.product, .float64, [1000], [0], 0x2F63BD4C8601B7DF),
    PyTorchSums(.product, .float64, [30000], [0], 0x2F63BD4C8601B7DF),
    PyTorchSums(.product, .float64, [4, 3], [0], 0x2C5D09DD15CA8E8F),
    PyTorchSums(.product, .float64, [5, 3], [0], 0x938778A332615936),
    PyTorchSums(.product, .float64, [7, 6], [0], 0x003A7CE9ECEF5D5A),
    PyTorchSums(.product, .float64, [6, 7], [1], 0x12FFE427C33026B0),
    PyTorchSums(.product, .float64, [50, 10], [0], 0x3550ABE88C9819B1),
    PyTorchSums(.product, .float64, [100, 40], [0], 0x7233BB53D3FAB972),
    PyTorchSums(.product, .float64, [300, 90], [0], 0x41363698A760A454),
    PyTorchSums(.product, .float64, [90, 300], [1], 0x1E40037EF7C4A5E8),
    PyTorchSums(.product, .float64, [20, 6, 20], [1], 0xF7D0AE2B59A89D44),
    PyTorchSums(.product, .float64, [20, 6, 20], [2], 0x3295A5CDDC77F1AA),
  ]
}
