import Devices

// How operations run: on the values that their operands have now. An error goes to `Tensor.failure`, an invalid operand is passed on.

@inline(__always)
func attempt(_ x: Tensor, _ body: (Tensor) throws(TensorError) -> Tensor) -> Tensor {
  guard x.isValid else { return x.passedOn }
  do { return try body(x.frozen) } catch { return .failure(error) }
}

@inline(__always)
func attempt(_ x: Tensor, _ y: Tensor, _ body: (Tensor, Tensor) throws(TensorError) -> Tensor) -> Tensor {
  guard x.isValid else { return x.passedOn }
  guard y.isValid else { return y.passedOn }
  do { return try body(x.frozen, y.frozen) } catch { return .failure(error) }
}

@inline(__always)
func attempt(
  _ x: Tensor, _ y: Tensor, _ z: Tensor, _ body: (Tensor, Tensor, Tensor) throws(TensorError) -> Tensor
) -> Tensor {
  guard x.isValid else { return x.passedOn }
  guard y.isValid else { return y.passedOn }
  guard z.isValid else { return z.passedOn }
  do { return try body(x.frozen, y.frozen, z.frozen) } catch { return .failure(error) }
}

func attempt(_ list: [Tensor], _ body: ([Tensor]) throws(TensorError) -> Tensor) -> Tensor {
  for t in list where !t.isValid { return t.passedOn }
  do { return try body(list.map(\.frozen)) } catch { return .failure(error) }
}

func attempt(_ body: () throws(TensorError) -> Tensor) -> Tensor {
  do { return try body() } catch { return .failure(error) }
}

/// The form for operations of several results; after an error all of them are invalid.
///
/// - Parameter results: how many there are then; `FailedBody.extent` where that is not known.
func attempt(
  _ list: [Tensor], results: Int, _ body: ([Tensor]) throws(TensorError) -> [Tensor]
) -> [Tensor] {
  for t in list where !t.isValid { return [Tensor](repeating: t.passedOn, count: results) }
  do { return try body(list.map(\.frozen)) } catch {
    return [Tensor](repeating: .failure(error), count: results)
  }
}
