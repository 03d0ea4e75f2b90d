internal import CMalloc
internal import Glibc

/// Settings of malloc.
package enum ProcessHeap {
    /// For a daemon. Large arrays (a slot's index, its attribution) become separate mappings, returned to the kernel
    /// when freed. Otherwise malloc would over time keep arrays of up to 32 MiB between small ones and never return
    /// them. Threads share a few arenas, because each arena keeps what was freed in it.
    package static func giveBackLargeArrays() {
        _ = mallopt(M_MMAP_THRESHOLD, largeArray)
        _ = mallopt(M_TRIM_THRESHOLD, largeArray)
        _ = mallopt(M_ARENA_MAX, arenasMax)
    }

    private static let arenasMax: Int32 = 4

    /// Returns free pages to the kernel. Takes some milliseconds per GiB.
    static func trim() {
        _ = malloc_trim(0)
    }

    private static let largeArray: Int32 = 1 << 20

    /// For a replay. Backs the first part of the heap with huge pages, which cost nothing until they are written. A
    /// replay fills its window so fast that page faults of 4 KiB would take as long as appending the spans.
    ///
    /// Call this once, on the thread that will append, before it needs much memory. If the kernel refuses, nothing
    /// changes.
    package static func reserve(_ bytes: Int) {
        // Keep short-lived arrays on the heap, and keep the heap from shrinking in between.
        _ = mallopt(M_MMAP_THRESHOLD, mappedAlone)
        _ = mallopt(M_TRIM_THRESHOLD, .max)
        // All threads share that heap: what they allocate would otherwise be on small pages.
        _ = mallopt(M_ARENA_MAX, 1)
        _ = mallopt(M_TOP_PAD, Int32(clamping: bytes))
        let grown = unsafe malloc(growth)
        _ = mallopt(M_TOP_PAD, topPad)
        defer { unsafe free(grown) }
        guard let start = unsafe grown, let end = unsafe sbrk(0), unsafe end > start else { return }
        let firstPage = unsafe start.alignedUp(toMultipleOf: Int(sysconf(Int32(_SC_PAGESIZE))))
        _ = unsafe madvise(firstPage, firstPage.distance(to: end), MADV_HUGEPAGE)
    }

    /// The maximum that malloc allows.
    private static let mappedAlone: Int32 = 32 << 20
    /// More than a fresh process has left on its heap, so that the heap has to grow.
    private static let growth = 1 << 20
    private static let topPad: Int32 = 1 << 20
}
