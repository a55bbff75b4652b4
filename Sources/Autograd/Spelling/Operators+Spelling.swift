import Devices

// Operators that Swift's numbers have and PyTorch's tensors, where the answer is another.

extension Tensor {
  @available(*, unavailable, message: "use `x .< y`, element by element; `Bool(x .< y)` is the truth of tensors of one")
  public static func < (x: Tensor, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .< y`, element by element; `Bool(x .< y)` is the truth of tensors of one")
  public static func < (x: Tensor, y: Int) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .< y`, element by element; `Bool(x .< y)` is the truth of tensors of one")
  public static func < (x: Tensor, y: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .< y`, element by element; `Bool(x .< y)` is the truth of tensors of one")
  public static func < (x: Int, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .< y`, element by element; `Bool(x .< y)` is the truth of tensors of one")
  public static func < (x: Double, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .<= y`, element by element; `Bool(x .<= y)` is the truth of tensors of one")
  public static func <= (x: Tensor, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .<= y`, element by element; `Bool(x .<= y)` is the truth of tensors of one")
  public static func <= (x: Tensor, y: Int) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .<= y`, element by element; `Bool(x .<= y)` is the truth of tensors of one")
  public static func <= (x: Tensor, y: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .<= y`, element by element; `Bool(x .<= y)` is the truth of tensors of one")
  public static func <= (x: Int, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .<= y`, element by element; `Bool(x .<= y)` is the truth of tensors of one")
  public static func <= (x: Double, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .> y`, element by element; `Bool(x .> y)` is the truth of tensors of one")
  public static func > (x: Tensor, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .> y`, element by element; `Bool(x .> y)` is the truth of tensors of one")
  public static func > (x: Tensor, y: Int) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .> y`, element by element; `Bool(x .> y)` is the truth of tensors of one")
  public static func > (x: Tensor, y: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .> y`, element by element; `Bool(x .> y)` is the truth of tensors of one")
  public static func > (x: Int, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .> y`, element by element; `Bool(x .> y)` is the truth of tensors of one")
  public static func > (x: Double, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .>= y`, element by element; `Bool(x .>= y)` is the truth of tensors of one")
  public static func >= (x: Tensor, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .>= y`, element by element; `Bool(x .>= y)` is the truth of tensors of one")
  public static func >= (x: Tensor, y: Int) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .>= y`, element by element; `Bool(x .>= y)` is the truth of tensors of one")
  public static func >= (x: Tensor, y: Double) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .>= y`, element by element; `Bool(x .>= y)` is the truth of tensors of one")
  public static func >= (x: Int, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .>= y`, element by element; `Bool(x .>= y)` is the truth of tensors of one")
  public static func >= (x: Double, y: Tensor) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .== y`, element by element; `Bool(x .== y)` is the truth of tensors of one")
  public static func == (x: Tensor, y: Int) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .== y`, element by element; `Bool(x .== y)` is the truth of tensors of one")
  public static func == (x: Tensor, y: Double) -> Bool { fatalError() }
  @_disfavoredOverload
  @available(*, unavailable, message: "use `x .== y`, element by element; `x == y` is one boolean")
  public static func == (x: Tensor, y: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(*, unavailable, message: "use `x .== y`, element by element; `Bool(x .== y)` is the truth of tensors of one")
  public static func == (x: Tensor, y: Int) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(*, unavailable, message: "use `x .== y`, element by element; `Bool(x .== y)` is the truth of tensors of one")
  public static func == (x: Tensor, y: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x .!= y`, element by element; `Bool(x .!= y)` is the truth of tensors of one")
  public static func != (x: Tensor, y: Int) -> Bool { fatalError() }
  @available(*, unavailable, message: "use `x .!= y`, element by element; `Bool(x .!= y)` is the truth of tensors of one")
  public static func != (x: Tensor, y: Double) -> Bool { fatalError() }
  @_disfavoredOverload
  @available(*, unavailable, message: "use `x .!= y`, element by element; `x != y` is one boolean")
  public static func != (x: Tensor, y: Tensor) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(*, unavailable, message: "use `x .!= y`, element by element; `Bool(x .!= y)` is the truth of tensors of one")
  public static func != (x: Tensor, y: Int) -> Tensor { fatalError() }
  @_disfavoredOverload
  @available(*, unavailable, message: "use `x .!= y`, element by element; `Bool(x .!= y)` is the truth of tensors of one")
  public static func != (x: Tensor, y: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x .& y`")
  public static func & (x: Tensor, y: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x .| y`")
  public static func | (x: Tensor, y: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x .^ y`")
  public static func ^ (x: Tensor, y: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `.!x`")
  public static prefix func ! (x: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `.!x`")
  public static prefix func ~ (x: Tensor) -> Tensor { fatalError() }
}
