internal import CMalloc
internal import Glibc

/// How malloc goes about the process's memory.
package enum ProcessHeap {
    /// For a daemon: has large arrays (a slot's index, its attribution) be memory of their own, which is given back when
    /// they are freed. Else malloc would in time keep arrays of up to 32 MiB between small ones, of which a process that
    /// runs for long never gives back any. And has threads share a few arenas: each keeps what was freed in it.
    package static func giveBackLargeArrays() {
        _ = mallopt(M_MMAP_THRESHOLD, largeArray)
        _ = mallopt(M_TRIM_THRESHOLD, largeArray)
        _ = mallopt(M_ARENA_MAX, arenasMax)
    }

    private static let arenasMax: Int32 = 4

    /// Gives back the pages that malloc holds and nothing is in: some milliseconds for each GiB.
    static func trim() {
        _ = malloc_trim(0)
    }

    private static let largeArray: Int32 = 1 << 20

    /// For a replay: has the first part of the heap be of huge pages, which cost nothing before they are written. A replay fills its
    /// window so fast that to be given it by pages of 4 KiB would take as long as to append the spans.
    ///
    /// To be called once, by the thread that will append, before it needs much memory. Where the kernel refuses, all
    /// stays as it is.
    package static func reserve(_ bytes: Int) {
        // Arrays that come and go stay on the heap, and the heap doesn't shrink in between.
        _ = mallopt(M_MMAP_THRESHOLD, mappedAlone)
        _ = mallopt(M_TRIM_THRESHOLD, .max)
        _ = mallopt(M_TOP_PAD, Int32(clamping: bytes))
        let grown = unsafe malloc(growth)
        _ = mallopt(M_TOP_PAD, topPad)
        defer { unsafe free(grown) }
        guard let start = unsafe grown, let end = unsafe sbrk(0), unsafe end > start else { return }
        let firstPage = unsafe start.alignedUp(toMultipleOf: Int(sysconf(Int32(_SC_PAGESIZE))))
        _ = unsafe madvise(firstPage, firstPage.distance(to: end), MADV_HUGEPAGE)
    }

    /// The most that malloc allows.
    private static let mappedAlone: Int32 = 32 << 20
    /// More than a heap has left at the start of a process, so that it has to grow.
    private static let growth = 1 << 20
    private static let topPad: Int32 = 1 << 20
}
