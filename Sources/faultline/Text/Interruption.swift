import Foundation
import Synchronization

/// Ctrl-C: the first one asks the work to end and to tell what it has, the second ends the process.
enum Interruption {
    private static let isAsked = Atomic<Bool>(false)

    static func watch() {
        // Made here, so that the handler finds it.
        isAsked.store(false, ordering: .relaxed)
        signal(SIGINT) { _ in
            Interruption.isAsked.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }

    static var isRequested: Bool { isAsked.load(ordering: .relaxed) }
}
