/// A convolution over up to three spatial dimensions, and its two derivatives: three commands of one shape.
///
/// A convolution joins three arrays: an input [n, c, spatial...], a weight [o, c / groups, kernel...] and an output [n, o, spatial...]. An
/// element of the kernel at k takes the output's position p to the input's position p · stride − padding + k · dilation; where that lies
/// outside the input there is a zero. Each of the three is a sum of products of the other two, so that the derivatives of one are the
/// others.
///
/// Sizes are those of the operands. Padding is counted before the input only: how much there is behind it follows from the output's size.
public struct Convolution: Sendable, Hashable {
  /// Which of the three arrays is made of the other two.
  public enum Product: String, Sendable, CaseIterable {
    /// The output, of input and weight.
    case output
    /// The input's gradient, of the output's and the weight: a transposed convolution.
    case input
    /// The weight's gradient, of the input and the output's gradient.
    case weight
  }

  /// One number for every spatial dimension.
  public let stride: [Int]
  public let padding: [Int]
  public let dilation: [Int]
  /// Into how many parts the channels are divided, each convolved on its own.
  public let groups: Int

  public init(stride: [Int], padding: [Int], dilation: [Int], groups: Int) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }
}
