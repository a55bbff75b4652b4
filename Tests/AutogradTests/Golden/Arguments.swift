import Autograd
import Devices
import Foundation

/// What a golden program computes with.
indirect enum Value {
  case tensor(Tensor)
  case scalar(Scalar)
  case list([Value])
  case string(String)
  case dtype(DType)
  case none

  var tensor: Tensor? { if case .tensor(let tensor) = self { tensor } else { nil } }
}

/// A golden program that asks for something there is no row for.
struct Unsupported: Error, CustomStringConvertible {
  let description: String
}

/// The arguments of one call, by PyTorch's positions and names.
struct Arguments {
  let positional: [Value]
  let named: [String: Value]

  init(_ positional: [Value], _ named: [String: Value] = [:]) {
    self.positional = positional
    self.named = named
  }

  func has(_ index: Int, _ name: String) -> Bool { value(index, name) != nil }

  func value(_ index: Int, _ name: String) -> Value? {
    let value = index < positional.count ? positional[index] : named[name]
    if case .none? = value { return nil }
    return value
  }

  /// The operand at a position.
  func x(_ index: Int = 0, _ name: String = "input") throws -> Tensor {
    guard let tensor = value(index, name)?.tensor else { throw Unsupported(description: "no tensor at \(index)") }
    return tensor
  }

  func tensor(_ index: Int, _ name: String) -> Tensor? { value(index, name)?.tensor }

  func scalar(_ index: Int, _ name: String) -> Scalar? {
    if case .scalar(let scalar)? = value(index, name) { return scalar }
    return nil
  }

  func int(_ index: Int, _ name: String) -> Int? { scalar(index, name).map { Int($0.intValue) } }
  func double(_ index: Int, _ name: String) -> Double? { scalar(index, name)?.doubleValue }
  func bool(_ index: Int, _ name: String) -> Bool { scalar(index, name)?.boolValue ?? false }
  func string(_ index: Int, _ name: String) -> String? {
    if case .string(let text)? = value(index, name) { return text }
    return nil
  }

  func dtype(_ index: Int = .max, _ name: String = "dtype") -> DType? {
    if case .dtype(let dtype)? = value(index, name) { return dtype }
    return nil
  }

  func dims(_ index: Int, _ name: String = "dim") -> (any Dimensions)? {
    switch value(index, name) {
    case .scalar(let scalar): Int(scalar.intValue)
    case .list(let list): list.compactMap { if case .scalar(let scalar) = $0 { Int(scalar.intValue) } else { nil } }
    default: nil
    }
  }
}
