// In this module and not where the error is declared: who uses the others alone does not load Foundation's essentials.

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension TensorError: LocalizedError {
  /// The message, so that `localizedDescription` is it.
  public var errorDescription: String? { message }
}
