import Testing

@testable import Devices

/// Whose function a symbol names.
@Suite struct CallerTests {
  @Test func modules() {
    let expected: [(String, String?)] = [
      ("$s4main6energyyS2dF", "main"),
      ("$s8Autograd6TensorV3sumACyF", "Autograd"),
      ("$s8Autograd6TensorV4mainE6energyACyF", "main"),
      ("$sSd8AutogradEySdAA6TensorVcfC", "Autograd"),
      ("$sSd4mainE6energySdyF", "main"),
      ("$s4main5ModelC5layerV4stepyyFyycfU_", "main"),
      ("$sSa6appendyyxnF", nil),
      ("$ss9TaskLocalC9withValueyqd__x_qd__yKXE", nil),
      ("$sScT4mainE3runyyF", "main"),
      ("fx_add_f32", nil),
      ("$s", nil),
    ]
    for (symbol, module) in expected { #expect(Caller.module(of: symbol) == module, "\(symbol)") }
    #expect(Caller.isForeign("main") && Caller.isForeign("$s4main6energyyS2dF") && !Caller.isForeign("$s8Autograd6TensorV3sumACyF"))
  }
}
