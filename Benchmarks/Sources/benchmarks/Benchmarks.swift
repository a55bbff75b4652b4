import ArgumentParser
import Fluxion

@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Compares naive loops, OpenBLAS or C called directly, and the library.")

  enum Format: String, ExpressibleByArgument { case table, tsv, memory }

  @Option(
    help: """
      table; tsv: the workload's name, a tab, and the library's seconds; or memory: the name, and the bytes by which the peak grows, of one \
      workload a process.
      """)
  var format = Format.table

  @Option(help: "Threads for everything.")
  var threads: Int?

  @Argument(help: "Workloads by name; all of them if none is named. A name that ends in _ selects all that begin with it.")
  var names: [String] = []

  func validate() throws {
    let known = Self.groups.flatMap { $0.recipes().map(\.name) }
    for name in names where !known.contains(where: { matches($0, name) }) {
      throw ValidationError("no workload is called \(name); there are: \(known.joined(separator: " "))")
    }
  }

  private typealias Group = (title: String, recipes: () -> [WorkloadRecipe])

  private static var groups: [Group] {
    [
      ("Matrix products", productWorkloads),
      ("Elementwise, float32", elementwiseWorkloads),
      ("Five elements", smallWorkloads),
      ("Against PyTorch, JAX and MLX", peerWorkloads),
    ]
  }

  private func matches(_ workload: String, _ name: String) -> Bool {
    workload == name || name.hasSuffix("_") && workload.hasPrefix(name)
  }

  func run() throws {
    if let threads { try setNumThreads(threads) }
    for group in Self.groups {
      let chosen = group.recipes().filter { recipe in
        names.isEmpty || names.contains { matches(recipe.name, $0) }
      }
      if chosen.isEmpty { continue }
      if format == .table { Table.printHeader(group.title) }
      for recipe in chosen {
        switch format {
        case .tsv: print("\(recipe.name)\t\(best(minimum: 1, recipe.make().library))")
        case .table: Table.printRow(recipe.make())
        case .memory: print("\(recipe.name)\t\(peakGrowth(recipe))")
        }
      }
    }
  }
}
