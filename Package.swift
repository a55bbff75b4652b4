// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "fluxion",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Fluxion", targets: ["Fluxion"]),
    // Functions that serve numbers and tensors alike. Their operators are generic, so that only who wants them should see them.
    .library(name: "GenericFormulas", targets: ["GenericFormulas"]),
    // The bare C functions, for those who want to call OpenBLAS or LAPACKE themselves.
    .library(name: "CBLAS", targets: ["CBLAS"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CBLAS",
      pkgConfig: "openblas",
      providers: [
        .apt(["libopenblas-dev", "liblapacke-dev"]),
        .brew(["openblas"]),
      ]),
    .target(
      name: "CKernels",
      cSettings: [
        .define("NDEBUG", .when(configuration: .release)),
        // A debug build is of the user's code: these loops would be many times slower there, and nobody steps through them.
        .unsafeFlags(["-O2"], .when(configuration: .debug)),
      ]),
    .target(
      name: "Devices",
      dependencies: ["CBLAS", "CKernels"],
      // Homebrew's OpenBLAS contains LAPACKE; Debian packages it on its own.
      linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]),
    .target(name: "Autograd", dependencies: ["Devices"]),
    .target(name: "Fluxion", dependencies: ["Autograd", "Devices"]),
    .target(name: "GenericFormulas", dependencies: ["Autograd", "Devices"]),
    .executableTarget(name: "tour", dependencies: ["Fluxion", "GenericFormulas"]),
    .executableTarget(
      name: "conformance",
      dependencies: [
        "Fluxion", "Devices",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(name: "DevicesTests", dependencies: ["Devices"]),
    .testTarget(name: "TourTests", dependencies: ["tour"]),
    .testTarget(name: "ConformanceTests", dependencies: ["conformance", "Fluxion"]),
    .testTarget(name: "AutogradTests", dependencies: ["Fluxion", "GenericFormulas", "Autograd", "Devices"]),
  ],
  swiftLanguageModes: [.v6]
)
