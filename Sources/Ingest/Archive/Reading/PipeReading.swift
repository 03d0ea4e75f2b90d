import Glibc
import Synchronization

/// Reading from pipes, which may wait for their other end for ever.
package enum PipeReading {
    private static let isEnded = Atomic<Bool>(false)

    private static let lookInterval: Int32 = 100

    /// From now on all pipes are taken to have ended. May be called in a signal's handler, once `isAsked` was looked at.
    package static func end() {
        isEnded.store(true, ordering: .relaxed)
    }

    package static var isAsked: Bool { isEnded.load(ordering: .relaxed) }

    /// Waits until there is something to read, or the end; false where reading is to end.
    static func wait(for descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while !isAsked {
            let found = unsafe poll(&request, 1, lookInterval)
            // A signal that ends the waiting may be the one that asks for the end: then nothing is there to be read.
            if found > 0 || found < 0 && errno != EINTR { return true }
        }
        return false
    }
}
