internal import NIOCore

/// A connection's handler that checks its deadlines once a second.
///
/// Deadlines are counted in ticks, so that a request needs neither a clock reading nor a timer.
protocol Ticking: AnyObject {
    func tick()
}

/// Calls a connection's handler once a second on its event loop.
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
        // Fails only if the event loop is shutting down, which ends the connection too.
        callback = try? loop.assumeIsolated().scheduleCallback(in: .seconds(1), handler: self)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        guard let target else { return }
        target.tick()
        if self.target != nil { schedule(on: eventLoop) }
    }
}
