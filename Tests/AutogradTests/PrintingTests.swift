import Autograd
import Devices
import Testing

@Suite("Printing")
struct PrintingTests {
  @Test("prints as PyTorch", arguments: PrintingCase.supported)
  func reference(_ row: PrintingCase) throws {
    let formatter = TensorFormatter(options: row.printOptions, defaultDType: row.defaultDType)
    let tensor = row.tensor()
    let text = formatter.describe(tensor.text) { positions in positions.map { tensor.elements[$0] } }
    #expect(text == row.text)
  }

  @Test("the reference data is there")
  func referenceIsComplete() {
    #expect(PrintingCase.all.count == 460)
    // Complex dtypes and the meta device do not exist here.
    #expect(PrintingCase.supported.count == 435)
  }

  @Test("another device is named first")
  func device() {
    let tensor = TensorText(shape: [3], dtype: .float64, device: "mps:0", requiresGrad: true)
    let text = TensorFormatter(options: .default, defaultDType: .float32).describe(tensor) { _ in
      [.double(1), .double(3), .double(5)]
    }
    #expect(text == "tensor([1., 3., 5.], device='mps:0', dtype=torch.float64, requires_grad=True)")
  }

  @Test("edge items of 0 leave only the shape")
  func noEdgeItems() {
    let formatter = TensorFormatter(options: PrintOptions(threshold: 2, edgeItems: 0), defaultDType: .float32)
    let text = formatter.describe(TensorText(shape: [3], dtype: .int32)) { positions in
      #expect(positions.isEmpty)
      return []
    }
    #expect(text == "tensor([...], size=(3,), dtype=torch.int32)")
  }

  @Test("a summary reads only what it shows, in one request")
  func summaryReads() {
    var requests: [[Int]] = []
    let shape = [1_000_000, 1_000_000]
    let text = TensorFormatter(options: PrintOptions(edgeItems: 1), defaultDType: .float32).describe(
      TensorText(shape: shape, dtype: .int64)
    ) { positions in
      requests.append(positions)
      return positions.map { .int(Int64($0)) }
    }
    #expect(requests == [[0, 999_999, 999_999_000_000, 999_999_999_999]])
    #expect(
      text == """
        tensor([[           0,  ...,       999999],
                ...,
                [999999000000,  ..., 999999999999]])
        """)
  }

  @Test("an error in reading comes through")
  func failingRead() {
    let formatter = TensorFormatter(options: .default, defaultDType: .float32)
    #expect(throws: TensorError.runtime("gone")) {
      try formatter.describe(TensorText(shape: [1], dtype: .float32)) { _ throws(TensorError) in
        throw TensorError.runtime("gone")
      }
    }
  }
}

@Suite("Print options")
struct PrintingOptionsTests {
  @Test("only the task inside the scope sees other options")
  func scoped() async {
    let before = PrintOptions.current
    let elsewhere = withPrintOptions(precision: 2) {
      #expect(PrintOptions.current.precision == 2)
      return Task.detached { PrintOptions.current }
    }
    #expect(await elsewhere.value == before)
    #expect(PrintOptions.current == before)
  }

  @Test("as in PyTorch, a change that does not name the notation takes it back")
  func sciMode() {
    withPrintOptions(precision: 2, sciMode: true) {
      #expect(PrintOptions.current.sciMode == true)
      withPrintOptions(lineWidth: 20) {
        #expect(PrintOptions.current == PrintOptions(precision: 2, lineWidth: 20))
      }
    }
  }

  @Test("the profile comes first, the other arguments after it")
  func profile() {
    withPrintOptions(profile: .short, precision: 6) {
      #expect(PrintOptions.current == PrintOptions(precision: 6, edgeItems: 2))
    }
    withPrintOptions(profile: .full) { #expect(PrintOptions.current.threshold == .max) }
  }

  @Test("options can be set for the process and restored")
  func processWide() {
    // To what they are already: other tests print at the same time.
    let saved = PrintOptions.current
    setPrintOptions(precision: saved.precision)
    #expect(PrintOptions.current == saved)
    setPrintOptions(profile: saved)
    #expect(PrintOptions.current == saved)
  }
}
