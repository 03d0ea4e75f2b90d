internal import NIOCore

/// A handler of one connection that wants to look at its deadlines once a second.
///
/// Deadlines are counted in these ticks: no clock is read for a request, and no timer is set.
protocol Ticking: AnyObject {
    func tick()
}

/// Calls a connection's handler once a second, from its event loop.
final class EverySecond: NIOScheduledCallbackHandler {
    private weak var target: (any Ticking)?
    private var callback: NIOScheduledCallback?

    func start(_ target: any Ticking, on loop: any EventLoop) {
        guard self.target == nil else { return }
        self.target = target
        schedule(on: loop)
    }

    func stop() {
        callback?.cancel()
        callback = nil
        target = nil
    }

    private func schedule(on loop: any EventLoop) {
        // Fails only when the event loop is shutting down, and the connection with it.
        callback = try? loop.assumeIsolated().scheduleCallback(in: .seconds(1), handler: self)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        guard let target else { return }
        target.tick()
        if self.target != nil { schedule(on: eventLoop) }
    }
}
