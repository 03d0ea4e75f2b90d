internal import NIOCore

extension ListenAddress {
    /// The address a socket is bound to, which tells the port that was picked for 0.
    init(bound: SocketAddress?, asked: ListenAddress) {
        self.init(host: bound?.ipAddress ?? asked.host, port: bound?.port ?? asked.port)
    }
}
