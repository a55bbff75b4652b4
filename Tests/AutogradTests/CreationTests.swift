import Autograd
import Devices
import Foundation
import Testing

@Suite("Creation") struct CreationTests {
  // MARK: Dtypes

  /// The calls of `promotion.json`'s table of creation dtypes.
  private static let calls: [String: @Sendable () -> Tensor] = [
    "arange(3)": { .arange(3) },
    "arange(3.0)": { .arange(3.0) },
    "arange(0,1,0.25)": { .arange(0, 1, step: 0.25) },
    "linspace(0,1,3)": { .linspace(0, 1, steps: 3) },
    "linspace(0,4,3)": { .linspace(0, 4, steps: 3) },
    "logspace(0,1,3)": { .logspace(0, 1, steps: 3) },
    "full((2,),1)": { .full([2], 1) },
    "full((2,),1.0)": { .full([2], 1.0) },
    "full((2,),True)": { .full([2], true) },
    "tensor(1)": { Tensor(1) },
    "tensor(1.0)": { Tensor(1.0) },
    "tensor(True)": { Tensor(true) },
    "tensor([1,2.0])": { Tensor([1, 2.0]) },
    "tensor([True,2])": { Tensor([true, 2]) },
    "tensor([])": { Tensor([]) },
    "as_tensor(3)": { Tensor(3) },
    "zeros(2)": { .zeros([2]) },
    "ones(2)": { .ones([2]) },
    "eye(2)": { .eye(2) },
    "empty(2)": { .empty([2]) },
    "rand(2)": { .rand([2]) },
    "randint(3,(2,))": { .randint(3, [2]) },
    "randperm(3)": { .randperm(3) },
    "bernoulli": { Tensor.full([2], 0.5).bernoulli() },
    "multinomial": { Tensor.ones([3]).multinomial(numSamples: 2) },
    "tril_indices(2,2)": { .trilIndices(2, 2) },
    "nonzero": { Tensor([1.0, 0]).nonzero() },
    "argsort": { Tensor([2.0, 1]).argsort() },
  ]

  private static let table: [String: [String]] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/promotion.json")
    let json = try! JSONSerialization.jsonObject(with: try! Data(contentsOf: path)) as! [String: Any]
    return json["creation"] as! [String: [String]]
  }()

  @Test func tableOfDTypes() throws {
    // Complex numbers and one-hot vectors are not there, and the constructor of old is float32 by definition.
    let absent: Set = ["tensor(1j)", "one_hot", "Tensor([1,2])"]
    #expect(Set(Self.table.keys).subtracting(Self.calls.keys) == absent)
    for (call, dtypes) in Self.table {
      guard let make = Self.calls[call] else { continue }
      #expect(make().dtype.name == dtypes[0], "\(call)")
      #expect(withDefaultDType(.float64, make).dtype.name == dtypes[1], "\(call) with float64 as the default")
    }
  }

  // MARK: Bits

  /// Ranges that cross a pair of PyTorch's vectors, where its rounding changes, and spaces that meet in the middle.
  private static let bits: [(DType, arange: [UInt64], linspace: [UInt64], logspace: [UInt64])] = [
    (
      .float32,
      [
        0xbfa66666, 0xbf7fffff, 0xbf333332, 0xbecccccb, 0xbdccccc6, 0x3e4cccd0, 0x3f000001, 0x3f4cccce, 0x3f8ccccd, 0x3fb33333,
        0x3fd9999a, 0x40000000, 0x40133333, 0x40266666, 0x4039999a, 0x404ccccd, 0x40600000, 0x40733333, 0x40833333, 0x408ccccd,
      ],
      [
        0xbfa66666, 0xbf428f5c, 0xbe6147b0, 0x3ea3d708, 0x3f5c28f4, 0x3fb33334, 0x3ff851ec, 0x401eb852, 0x404147ae, 0x4063d70a,
        0x40833333,
      ], [0x3d4d494c, 0x3e1afd1b, 0x3eea077a, 0x3fb0b06e, 0x408565f1, 0x41496d96]
    ),
    (
      .float64,
      [
        0xbff4_cccc_cccc_cccd, 0xbff0_0000_0000_0000, 0xbfe6_6666_6666_6667, 0xbfd9_9999_9999_999b, 0xbfb9_9999_9999_99a0,
        0x3fc9_9999_9999_9996, 0x3fdf_ffff_ffff_fffe, 0x3fe9_9999_9999_9998, 0x3ff1_9999_9999_9999, 0x3ff6_6666_6666_6666,
        0x3ffb_3333_3333_3332, 0x3fff_ffff_ffff_ffff,
      ],
      [
        0xbff4_cccc_cccc_cccd, 0xbfe8_51eb_851e_b853, 0xbfcc_28f5_c28f_5c30, 0x3fd4_7ae1_47ae_1476, 0x3feb_851e_b851_eb82,
        0x3ff6_6666_6666_6666, 0x3fff_0a3d_70a3_d70a, 0x4003_d70a_3d70_a3d7, 0x4008_28f5_c28f_5c28, 0x400c_7ae1_47ae_147a,
        0x4010_6666_6666_6666,
      ],
      [
        0x3fa9_a929_4b85_36e9, 0x3fc3_5fa3_3320_56a8, 0x3fdd_40ee_d272_28ba, 0x3ff6_160d_cf86_1e4f, 0x4010_acbe_139c_59d7,
        0x4029_2db2_b73b_2f86,
      ]
    ),
    (
      .float16,
      [
        0xbd33, 0xbc00, 0xb999, 0xb666, 0xae63, 0x3268, 0x3800, 0x3a67, 0x3c67, 0x3d9a, 0x3ecd, 0x4000, 0x409a, 0x4133, 0x41cd,
        0x4267, 0x4300, 0x439a, 0x441a, 0x4466, 0x44b3, 0x4500, 0x454d, 0x459a, 0x45e6, 0x4633, 0x4680, 0x46cd, 0x471a, 0x4766,
        0x47b3, 0x4800, 0x4826, 0x484d, 0x4873, 0x489a, 0x48c0, 0x48e6, 0x490d, 0x4933,
      ], [0xbd33, 0xba14, 0xb306, 0x3521, 0x3ae3, 0x3d9a, 0x3fc4, 0x40f6, 0x420b, 0x431f, 0x441a],
      [0x2a6b, 0x30d8, 0x374e, 0x3d86, 0x442b, 0x4a4a]
    ),
    (
      .bfloat16,
      [
        0xbfa6, 0xbf7f, 0xbf32, 0xbecb, 0xbdc6, 0x3e50, 0x3f01, 0x3f4e, 0x3f8d, 0x3fb4, 0x3fda, 0x4000, 0x4013, 0x4027, 0x403a,
        0x404d, 0x4060, 0x4073, 0x4083, 0x408d, 0x4096, 0x40a0, 0x40aa, 0x40b3, 0x40bd, 0x40c6, 0x40d0, 0x40da, 0x40e3, 0x40ed,
        0x40f6, 0x4100, 0x4105, 0x410a, 0x410e, 0x4113, 0x4118, 0x411d, 0x4122, 0x4126,
      ], [0xbfa6, 0xbf42, 0xbe60, 0x3ea4, 0x3f5c, 0x3fb3, 0x3ff8, 0x401e, 0x4041, 0x4064, 0x4083],
      [0x3d4f, 0x3e1d, 0x3eed, 0x3fb0, 0x4085, 0x414a]
    ),
  ]

  @Test(arguments: bits.indices)
  func roundsAsPyTorch(_ index: Int) {
    let (dtype, arange, linspace, logspace) = Self.bits[index]
    let end = -1.3 + 0.3 * Double(arange.count) - 0.1
    #expect(elementBits(.arange(-1.3, end, step: 0.3, dtype: dtype)) == arange)
    #expect(elementBits(.linspace(-1.3, 4.1, steps: linspace.count, dtype: dtype)) == linspace)
    #expect(elementBits(.logspace(-1.3, 1.1, steps: logspace.count, dtype: dtype)) == logspace)
  }

  // MARK: Values

  @Test func ranges() {
    #expect(Tensor.arange(5, 0, step: -2).scalars(as: Int.self) == [5, 3, 1])
    #expect(Tensor.arange(5, 5).shape == [0])
    // The count is that of the numbers given, the values those that the dtype holds.
    #expect(Tensor.arange(0.5, 4.5, step: 1.5, dtype: .int64).scalars(as: Int.self) == [0, 1, 2])
    #expect(Tensor.arange(-1, 3, dtype: .uint8).scalars(as: Int.self) == [255, 0, 1, 2])
    #expect(Tensor.arange(.max, .max - 2, step: -1).scalars(as: Int.self) == [.max, .max - 1])
    #expect(Tensor.linspace(0, 250, steps: 7, dtype: .uint8).scalars(as: Int.self) == [0, 41, 83, 125, 166, 208, 250])
    #expect(Tensor.linspace(5, 1, steps: 1).scalars(as: Double.self) == [5])
    #expect(Tensor.linspace(5, 1, steps: 0).shape == [0])
    #expect(Tensor.logspace(0, 2, steps: 3, base: -2).scalars(as: Double.self) == [1, -2, 4])
  }

  @Test func matrices() {
    #expect(Tensor.eye(2, 3, dtype: .bool).scalars(as: Int.self) == [1, 0, 0, 0, 1, 0])
    #expect(Tensor.eye(3, 2).scalars(as: Int.self) == [1, 0, 0, 1, 0, 0])
    #expect(Tensor.eye(0).shape == [0, 0])
    #expect(Tensor.trilIndices(3, 3, offset: -1).scalars(as: Int.self) == [1, 2, 2, 0, 0, 1])
    #expect(Tensor.triuIndices(3, 4, offset: 1).scalars(as: Int.self) == [0, 0, 0, 1, 1, 2, 1, 2, 3, 2, 3, 3])
    #expect(Tensor.triuIndices(2, 3, offset: 5).shape == [2, 0])
    // Every triangle against the plain condition.
    for (rows, columns) in [(0, 3), (3, 0), (1, 1), (3, 5), (5, 3)] {
      for offset in -7...7 {
        let places = (0..<rows).flatMap { row in (0..<columns).map { (row, $0) } }
        let lower = places.filter { $0.1 - $0.0 <= offset }
        let upper = places.filter { $0.1 - $0.0 >= offset }
        #expect(
          Tensor.trilIndices(rows, columns, offset: offset).scalars(as: Int.self) == lower.map(\.0) + lower.map(\.1))
        #expect(
          Tensor.triuIndices(rows, columns, offset: offset).scalars(as: Int.self) == upper.map(\.0) + upper.map(\.1))
      }
    }
  }

  @Test func ofAnother() {
    let x = Tensor([1.5, 2.5], requiresGrad: true)
    let copy = Tensor(x, dtype: .float64)
    #expect(!copy.requiresGrad && copy.dtype == .float64 && copy.scalars(as: Double.self) == [1.5, 2.5])
    #expect(Tensor(x, requiresGrad: true).isLeaf)
    #expect(x.fullLike(7, dtype: .int8).scalars(as: Int.self) == [7, 7])
    let columns = Tensor.empty([2, 3]).transpose(0, 1).emptyLike()
    #expect(columns.shape == [3, 2] && !columns.isContiguous, "memory order is handed on")
  }

  @Test(arguments: ["mps", "reference"])
  func otherDevices(_ name: String) throws {
    let device = try device(named: name)
    #expect(Tensor.arange(5, device: device).cpu() == .arange(5))
    #expect(Tensor.eye(3, dtype: .float32, device: device).cpu() == .eye(3))
    #expect(Tensor.full([2, 2], 3, device: device).cpu() == .full([2, 2], 3))
  }

  // MARK: Errors

  private static let errors: [(String, @Sendable () -> Tensor)] = [
    ("step must be nonzero", { .arange(0, 5, step: 0) }),
    ("upper bound and lower bound inconsistent with step sign", { .arange(0, 5, step: -1) }),
    ("upper bound and lower bound inconsistent with step sign", { .arange(-5.0) }),
    ("unsupported range: 0 -> inf", { .arange(0, .infinity) }),
    ("unsupported range: nan -> 1", { .arange(.nan, 1) }),
    ("step must be finite but got nan", { .arange(0, 1, step: .nan) }),
    ("invalid size, possible overflow?", { .arange(0, 1e20) }),
    ("\"arange_cpu\" not implemented for 'Bool'", { .arange(3, dtype: .bool) }),
    ("number of steps must be non-negative", { .linspace(0, 1, steps: -1) }),
    ("\"linspace_cpu\" not implemented for 'Bool'", { .linspace(0, 1, steps: 4, dtype: .bool) }),
    ("value cannot be converted to type uint8_t without overflow", { .linspace(0, 300, steps: 4, dtype: .uint8) }),
    ("\"logspace_cpu\" not implemented for 'Bool'", { .logspace(0, 1, steps: 4, dtype: .bool) }),
    ("n must be greater or equal to 0, got -1", { .eye(-1) }),
    ("m must be greater or equal to 0, got -1", { .eye(2, -1) }),
    ("row must be non-negative, got-3", { .trilIndices(-3, 3) }),
    ("col must be non-negative, got-3", { .triuIndices(3, -3) }),
    ("\"tril_indices\" not implemented for 'Float'", { .trilIndices(3, 3, dtype: .float32) }),
    ("zeros: Dimension size must be non-negative.", { .zeros([2, -3]) }),
    ("Trying to create tensor with negative dimension -3: [2, -3]", { .ones([2, -3]) }),
    ("Trying to create tensor with negative dimension -3: [2, -3]", { .rand([2, -3]) }),
    ("Storage size calculation overflowed with sizes=[4294967296, 4294967296]", { .empty([1 << 32, 1 << 32]) }),
    ("value cannot be converted to type uint8_t without overflow", { .full([2], 256, dtype: .uint8) }),
    ("value cannot be converted to type uint8_t without overflow", { .full([2], -0.5, dtype: .uint8) }),
    ("value cannot be converted to type int without overflow", { .full([2], Double.nan, dtype: .int32) }),
    ("value cannot be converted to type int64_t without overflow", { .full([2], 0x1p63, dtype: .int64) }),
    ("value cannot be converted to type float without overflow", { .full([2], 1e39) }),
    ("value cannot be converted to type c10::Half without overflow", { .full([2], 65505, dtype: .float16) }),
    ("value cannot be converted to type uint8_t without overflow", { Tensor.ones([2], dtype: .uint8).fullLike(300) }),
    ("value cannot be converted to type uint8 without overflow", { Tensor([300], dtype: .uint8) }),
    ("value cannot be converted to type int64 without overflow", { Tensor([1e30], dtype: .int64) }),
    ("Only Tensors of floating point and complex dtype can require gradients", { .arange(3, requiresGrad: true) }),
  ]

  @Test(arguments: errors.indices)
  func refuses(_ index: Int) {
    let (message, make) = Self.errors[index]
    let error = #expect(throws: TensorError.self) { try checked { make() } }
    #expect(error?.message == message)
  }

  /// Sizes beyond all reason are errors, or nothing where nothing comes of them, and neither hang nor end the process.
  @Test func absurdSizes() throws {
    let calls: [@Sendable () -> Tensor] = [
      { .arange(0, .max) }, { .arange(0, 1, step: 1e-18) }, { .linspace(0, 1, steps: .max) }, { .logspace(0, 1, steps: .max) },
      { .eye(.max) }, { .trilIndices(.max, .max) }, { .triuIndices(.max, 2, offset: .min) }, { .rand([.max]) },
      { .randperm(.max) }, { Tensor([1.0]).expand([1 << 60]).randLike() }, { Tensor([1.0]).expand([1 << 60]).emptyLike() },
      { Tensor([1.0]).multinomial(numSamples: .max, replacement: true) },
    ]
    for (index, call) in calls.enumerated() {
      #expect(throws: TensorError.self, "call \(index)") { try checked { call() } }
    }
    #expect(try checked { Tensor.eye(0, .max) }.count == 0)
    #expect(try checked { Tensor.trilIndices(.max, 0, offset: .max) }.shape == [2, 0])
    #expect(try checked { Tensor.trilIndices(.max, 3, offset: .min) }.shape == [2, 0])
    #expect(try checked { Tensor.triuIndices(.max, 1, offset: 0) }.scalars(as: Int.self) == [0, 0])
  }

  /// The last values that are still held.
  @Test func holds() {
    #expect(Tensor.full([1], 127.9, dtype: .int8).item() == .int(127))
    #expect(Tensor.full([1], 255.5, dtype: .uint8).item() == .int(255))
    #expect(Tensor.full([1], -200, dtype: .uint8).item() == .int(56))
    #expect(Tensor.full([1], -0x1p63, dtype: .int64).item() == .int(.min))
    #expect(Tensor.full([1], Double.infinity, dtype: .float16).item() == .double(.infinity))
    #expect(Tensor.full([1], Double.nan, dtype: .bool).item() == .bool(true))
    #expect(Tensor([1e39]).item() == .double(.infinity), "a literal is rounded, not refused")
  }
}

/// The bit patterns of the elements in row-major order.
func elementBits(_ tensor: Tensor) -> [UInt64] {
  switch tensor.dtype {
  case .float16: tensor.scalars(as: Half.self).map { UInt64($0.bitPattern) }
  case .bfloat16: tensor.scalars(as: BFloat16.self).map { UInt64($0.bitPattern) }
  case .float32: tensor.scalars(as: Float.self).map { UInt64($0.bitPattern) }
  case .float64: tensor.scalars(as: Double.self).map(\.bitPattern)
  default: tensor.scalars(as: Int64.self).map { UInt64(bitPattern: $0) }
  }
}
