/// Some of a row's elements in order, without sorting the rest.
///
/// Where elements are equal it matters how they are found. PyTorch finds the first ones as libstdc++ does: by Musser's introselect and introsort
/// (1997), or by a heap where few of many are wanted; the median by introselect alone; and the one of a rank by Hoare's quickselect, with the median of three as pivot. These
/// are the same algorithms, step for step, so that the same elements come out.
struct Selection<Entry: SortEntry> {
  private let entries: UnsafeMutablePointer<Entry>

  init(_ entries: UnsafeMutablePointer<Entry>) { self.entries = entries }

  /// Puts the first `k` of `count` elements in order at the front, and behind them in any order what is left.
  func first(_ k: Int, of count: Int) -> UnsafeMutablePointer<Entry> {
    if k * 64 <= count {
      heapSelect(0, k, count)
      sortHeap(0, k)
    } else {
      introselect(k - 1, count)
      introsort(0, k - 1)
    }
    return entries
  }

  /// Puts all of `count` elements in order.
  func all(_ count: Int) -> UnsafeMutablePointer<Entry> {
    introsort(0, count)
    return entries
  }

  /// Finds the one of `count` elements that `rank` others precede, by Musser's introselect.
  func nth(_ rank: Int, of count: Int) -> UnsafeMutablePointer<Entry> {
    introselect(rank, count)
    return entries + rank
  }

  /// Finds the one of `count` elements that `rank` others precede, by Hoare's quickselect.
  func element(ofRank rank: Int, of count: Int) -> UnsafeMutablePointer<Entry> {
    var (left, right) = (0, count - 1)
    while right > left {
      if right == left + 1 {
        if precedes(right, left) { swap(left, right) }
        break
      }
      swap(left + (right - left) / 2, left + 1)
      if precedes(right, left + 1) { swap(left + 1, right) }
      if precedes(right, left) { swap(left, right) }
      if precedes(left, left + 1) { swap(left + 1, left) }
      var (i, j) = (left + 1, right)
      while true {
        repeat { i += 1 } while precedes(i, left)
        repeat { j -= 1 } while precedes(left, j)
        if j < i { break }
        swap(i, j)
      }
      swap(left, j)
      if j <= rank { left = i }
      if j >= rank { right = j - 1 }
    }
    return entries + rank
  }

  @inline(__always)
  private func precedes(_ a: Entry, _ b: Entry) -> Bool { a.key < b.key }
  @inline(__always)
  private func precedes(_ i: Int, _ j: Int) -> Bool { entries[i].key < entries[j].key }
  @inline(__always)
  private func swap(_ i: Int, _ j: Int) { (entries[i], entries[j]) = (entries[j], entries[i]) }

  private func depthLimit(_ count: Int) -> Int { 2 * (Int.bitWidth - 1 - count.leadingZeroBitCount) }

  // MARK: By partition

  /// Puts the element of rank `nth` in its place, and before it what precedes it.
  private func introselect(_ nth: Int, _ count: Int) {
    if nth == count { return }
    var (first, last) = (0, count)
    var depth = depthLimit(count)
    while last - first > 3 {
      if depth == 0 {
        heapSelect(first, nth + 1, last)
        swap(first, nth)
        return
      }
      depth -= 1
      let cut = partition(first, last)
      if cut <= nth { first = cut } else { last = cut }
    }
    insertionSort(first, last)
  }

  private func introsort(_ first: Int, _ last: Int) {
    if last - first < 2 { return }
    introsort(first, last, depth: depthLimit(last - first))
    // What is left unsorted is in runs of at most sixteen.
    let sorted = min(first + 16, last)
    insertionSort(first, sorted)
    for i in sorted..<max(sorted, last) { insert(i) }
  }

  private func introsort(_ first: Int, _ last: Int, depth: Int) {
    var last = last
    var depth = depth
    while last - first > 16 {
      if depth == 0 {
        heapSelect(first, last, last)
        return sortHeap(first, last)
      }
      depth -= 1
      let cut = partition(first, last)
      introsort(cut, last, depth: depth)
      last = cut
    }
  }

  /// Divides a range at the median of three of its elements; what precedes it comes first. Returns where the second part begins.
  private func partition(_ first: Int, _ last: Int) -> Int {
    moveMedian(to: first, of: first + 1, first + (last - first) / 2, last - 1)
    var (low, high) = (first + 1, last)
    while true {
      while precedes(low, first) { low += 1 }
      high -= 1
      while precedes(first, high) { high -= 1 }
      if low >= high { return low }
      swap(low, high)
      low += 1
    }
  }

  private func moveMedian(to target: Int, of a: Int, _ b: Int, _ c: Int) {
    if precedes(a, b) {
      swap(target, precedes(b, c) ? b : precedes(a, c) ? c : a)
    } else {
      swap(target, precedes(a, c) ? a : precedes(b, c) ? c : b)
    }
  }

  private func insertionSort(_ first: Int, _ last: Int) {
    for i in first..<max(first, last) where i > first {
      if precedes(i, first) {
        let entry = entries[i]
        for j in stride(from: i, to: first, by: -1) { entries[j] = entries[j - 1] }
        entries[first] = entry
      } else {
        insert(i)
      }
    }
  }

  /// Moves an element back to where it belongs among those before it, of which one does not come after it.
  private func insert(_ last: Int) {
    let entry = entries[last]
    var hole = last
    while precedes(entry, entries[hole - 1]) {
      entries[hole] = entries[hole - 1]
      hole -= 1
    }
    entries[hole] = entry
  }

  // MARK: By a heap, whose root is the last of its elements in order

  /// Puts the first `middle - first` elements of a range in front of the rest, as a heap.
  private func heapSelect(_ first: Int, _ middle: Int, _ last: Int) {
    let count = middle - first
    if count > 1 {
      for parent in (0...(count - 2) / 2).reversed() { adjustHeap(first, parent, count, entries[first + parent]) }
    }
    for i in middle..<last where precedes(i, first) { popHeap(first, middle, to: i) }
  }

  private func sortHeap(_ first: Int, _ last: Int) {
    for end in stride(from: last - 1, to: first, by: -1) { popHeap(first, end, to: end) }
  }

  /// Moves the root out of the heap to `result`, and the element that stood there into it.
  private func popHeap(_ first: Int, _ last: Int, to result: Int) {
    let entry = entries[result]
    entries[result] = entries[first]
    adjustHeap(first, 0, last - first, entry)
  }

  /// Fills a hole from below, down to a leaf, and lets `entry` rise from there.
  private func adjustHeap(_ first: Int, _ start: Int, _ count: Int, _ entry: Entry) {
    var hole = start
    var child = start
    while child < (count - 1) / 2 {
      child = 2 * (child + 1)
      if precedes(first + child, first + child - 1) { child -= 1 }
      entries[first + hole] = entries[first + child]
      hole = child
    }
    if count % 2 == 0 && child == (count - 2) / 2 {
      child = 2 * child + 1
      entries[first + hole] = entries[first + child]
      hole = child
    }
    while hole > start, precedes(entries[first + (hole - 1) / 2], entry) {
      entries[first + hole] = entries[first + (hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    entries[first + hole] = entry
  }
}
