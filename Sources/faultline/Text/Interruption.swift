import Archive
import Foundation
import Synchronization

/// Ctrl-C: the first one asks the work to end and to tell what it has, the second ends the process.
enum Interruption {
    private static let isAsked = Atomic<Bool>(false)

    static func watch() {
        // Made here, so that the handler finds it.
        isAsked.store(PipeReading.isAsked, ordering: .relaxed)
        signal(SIGINT) { _ in
            Interruption.isAsked.store(true, ordering: .relaxed)
            PipeReading.end()
            signal(SIGINT, SIG_DFL)
        }
    }

    static var isRequested: Bool { isAsked.load(ordering: .relaxed) }
}
