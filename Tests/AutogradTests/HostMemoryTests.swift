import Autograd
import Devices
import Foundation
import Testing

/// Memory that the library takes on the host's side is an error where there is none. Every case runs in a process of its own, whose address
/// space may hardly grow.
@Suite struct HostMemoryTests {
  /// Lets the address space grow by so many bytes more.
  static func limitMemory(to growth: Int) {
    let sizes = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = sizes.split(separator: " ").first.flatMap { Int($0) } ?? 0
    let bytes = rlim_t(pages * sysconf(Int32(_SC_PAGESIZE)) + growth)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    guard pages > 0, setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { exit(2) }
  }

  /// Ends the process with success if `body` fails for want of memory.
  static func expectOutOfMemory(_ body: () throws -> Void) {
    do {
      try checked(body)
      print("there was memory")
      exit(1)
    } catch let error as TensorError where error.kind == .outOfMemory && error.message.contains("you tried to allocate") {
      // The process goes on.
      if (try? checked { (Tensor([1.0, 2]) + 1).scalars(as: Double.self) }) == [2, 3] { exit(0) }
      exit(3)
    } catch {
      print(error)
      exit(1)
    }
  }

  #if os(Linux)
    @Test func scalars() async {
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([12 << 20])
        HostMemoryTests.limitMemory(to: 48 << 20)
        HostMemoryTests.expectOutOfMemory { _ = x.scalars(as: Double.self) }
      }
    }

    @Test func downloads() async {
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([16 << 20], device: .accelerator)
        try AcceleratorDevice.shared.synchronize()
        HostMemoryTests.limitMemory(to: 32 << 20)
        HostMemoryTests.expectOutOfMemory { _ = x.to("cpu") }
      }
    }

    @Test func bytesOfADownload() async {
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([128 << 20], dtype: .uint8, device: .accelerator)
        try AcceleratorDevice.shared.synchronize()
        HostMemoryTests.limitMemory(to: 96 << 20)
        HostMemoryTests.expectOutOfMemory { _ = x.scalars(as: UInt8.self) }
      }
    }

    @Test func pieces() async {
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([1 << 20])
        HostMemoryTests.limitMemory(to: 64 << 20)
        HostMemoryTests.expectOutOfMemory { _ = x.split(1) }
      }
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([1 << 20])
        HostMemoryTests.limitMemory(to: 64 << 20)
        HostMemoryTests.expectOutOfMemory { _ = x.unbind() }
      }
    }

    @Test func windows() async {
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([1, 1, 64])
        HostMemoryTests.limitMemory(to: 64 << 20)
        HostMemoryTests.expectOutOfMemory { _ = F.adaptiveAvgPool1d(x, outputSize: 1 << 20) }
      }
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([1, 1, 20_000])
        HostMemoryTests.limitMemory(to: 256 << 20)
        HostMemoryTests.expectOutOfMemory { _ = F.avgPool1d(x, kernelSize: 10_000, stride: 1) }
      }
    }

    @Test func theReferenceDevice() async {
      await #expect(processExitsWith: .success) {
        let x = Tensor.ones([1 << 20], device: .reference)
        HostMemoryTests.limitMemory(to: 64 << 20)
        HostMemoryTests.expectOutOfMemory { _ = x.sum() }
      }
      await #expect(processExitsWith: .success) {
        HostMemoryTests.limitMemory(to: 64 << 20)
        HostMemoryTests.expectOutOfMemory { _ = Tensor.empty([64 << 20], device: .reference) }
      }
    }
  #endif
}
