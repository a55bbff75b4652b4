import Devices

// What the smaller namespaces spell otherwise than PyTorch.

extension Masked {
  @available(*, unavailable, renamed: "logSoftmax")
  public static var log_softmax: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logSumExp")
  public static var logsumexp: Misspelled<Tensor> { Misspelled() }
}

extension SignalWindows {
  @available(*, unavailable, renamed: "generalCosine")
  public static var general_cosine: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "generalHamming")
  public static var general_hamming: Misspelled<Tensor> { Misspelled() }
}

extension DType {
  @available(*, unavailable, renamed: "float32")
  public static var float: DType { .float32 }
  @available(*, unavailable, renamed: "float64")
  public static var double: DType { .float64 }
  @available(*, unavailable, renamed: "float16")
  public static var half: DType { .float16 }
  @available(*, unavailable, renamed: "int64")
  public static var long: DType { .int64 }
  @available(*, unavailable, renamed: "int32")
  public static var int: DType { .int32 }
  @available(*, unavailable, renamed: "int16")
  public static var short: DType { .int16 }
  @available(*, unavailable, renamed: "uint8")
  public static var byte: DType { .uint8 }
  @available(*, unavailable, renamed: "int8")
  public static var char: DType { .int8 }
}

extension DeviceConvertible where Self == AcceleratorDevice {
  @available(*, unavailable, renamed: "accelerator")
  public static var mps: AcceleratorDevice { .shared }
  @available(*, unavailable, message: "there is no CUDA device here; use `.accelerator`")
  public static var cuda: AcceleratorDevice { .shared }
  @available(*, unavailable, renamed: "accelerator")
  public static var gpu: AcceleratorDevice { .shared }
}
