import Foundation
internal import NIOCore
internal import Synchronization

/// An address that can't be listened on.
package struct ListenError: Error, CustomStringConvertible {
    package let address: ListenAddress
    private let reason: String

    package init(_ address: ListenAddress, _ error: any Error) {
        self.address = address
        reason =
            switch error {
            case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
            case is SocketAddressError.UnknownHost, is SocketAddressError: "no address is known for this host"
            default: "\(error)"
            }
    }

    package var description: String { "can't listen on \(address): \(reason)" }
}

extension ListenError {
    /// Runs a server that calls `bound` once it listens; an error before that is its address's.
    static func catching(
        at address: ListenAddress, _ run: (_ bound: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        let listener = Listener()
        do {
            try await run { listener.isBound.store(true, ordering: .relaxed) }
        } catch  where !listener.isBound.load(ordering: .relaxed) {
            throw ListenError(address, error)
        }
    }

    private final class Listener: Sendable {
        let isBound = Atomic<Bool>(false)
    }
}
