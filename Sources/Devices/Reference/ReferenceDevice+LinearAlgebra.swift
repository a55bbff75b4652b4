extension ReferenceDevice {
  public func linearAlgebra(_ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand]) throws(TensorError) {
    throw .notImplemented("\(operation.name): not implemented on \(type)")
  }
}
