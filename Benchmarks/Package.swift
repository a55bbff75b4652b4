// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that users of the library never see it nor what it depends on.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "fluxion", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(name: "CLoops"),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "CLoops",
        .product(name: "Fluxion", package: "fluxion"),
        .product(name: "CBLAS", package: "fluxion"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
