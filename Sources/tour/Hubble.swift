/// Edwin Hubble's measurements of 24 nebulae: distances in millions of parsecs, velocities in kilometres a second.
///
/// Source: E. Hubble, "A relation between distance and radial velocity among extra-galactic nebulae", Proceedings of the National Academy of
/// Sciences 15 (1929), 168-173, table 1. Facts, and in the public domain.
enum Hubble {
  static let nebulae: [(name: String, distance: Double, velocity: Double)] = [
    ("S. Mag.", 0.032, 170), ("L. Mag.", 0.034, 290), ("6822", 0.214, -130), ("598", 0.263, -70), ("221", 0.275, -185),
    ("224", 0.275, -220), ("5457", 0.45, 200), ("4736", 0.5, 290), ("5194", 0.5, 270), ("4449", 0.63, 200),
    ("4214", 0.8, 300), ("3031", 0.9, -30), ("3627", 0.9, 650), ("4826", 0.9, 150), ("5236", 0.9, 500), ("1068", 1.0, 920),
    ("5055", 1.1, 450), ("7331", 1.1, 500), ("4258", 1.4, 500), ("4151", 1.7, 960), ("4382", 2.0, 500),
    ("4472", 2.0, 850), ("4486", 2.0, 800), ("4649", 2.0, 1090),
  ]
}
