import Devices

/// What a name of PyTorch gives that is spelled otherwise here.
///
/// Every such name is declared and unavailable, so that the compiler answers it with the right one. As this type takes any call and has any
/// member, the answer comes whatever the call looks like; nothing that compiles ever has a value of it.
@available(*, unavailable)
@dynamicCallable
@dynamicMemberLookup
public struct Misspelled<Result> {
  @discardableResult
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> Result { fatalError() }

  public subscript(dynamicMember name: String) -> Misspelled { self }

  /// `torch.float32`.
  @_disfavoredOverload
  public subscript(dynamicMember name: String) -> DType { .float32 }
}
