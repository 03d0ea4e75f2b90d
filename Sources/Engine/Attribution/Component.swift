/// A component that request time is charged to, by its number in a `ComponentTable`.
package struct Component: Hashable, BitwiseCopyable, Sendable {
    package var number: UInt8

    package init(_ number: UInt8) {
        self.number = number
    }

    package static let etcd = Component(0)
    /// The API server's calls to etcd: connection, queueing, network and scheduling between the two.
    static let etcdClient = Component(1)
    static let storage = Component(2)
    static let watchCache = Component(3)
    package static let authentication = Component(4)
    static let authorization = Component(5)
    static let audit = Component(6)
    static let impersonation = Component(7)
    package static let priorityAndFairness = Component(8)
    static let mutatingWebhook = Component(9)
    static let validatingWebhook = Component(10)
    static let serialize = Component(11)
    static let transform = Component(12)
    static let proxy = Component(13)
    /// Everything else in the API server.
    package static let apiServer = Component(14)

    /// The names that users see, by number.
    package static let builtinNames = [
        "etcd", "etcd-client", "storage", "watch-cache", "authentication", "authorization", "audit", "impersonation",
        "priority-and-fairness", "mutating-webhook", "validating-webhook", "serialize", "transform", "proxy",
        "apiserver",
    ]

    /// Work of the API server itself. In all others it waits, for another process or for itself.
    static let ownWork: [Component] = [.storage, .audit, .impersonation, .serialize, .apiServer]

    /// Where requests wait for earlier requests or for etcd: the consequence of something else.
    static let queues: [Component] = [.priorityAndFairness, .watchCache]

    /// Whether the API server waits for something else there on behalf of a request: a webhook, an authenticator, a plugin,
    /// another API server.
    var isOutsideWait: Bool {
        self != .etcd && self != .etcdClient && !Self.ownWork.contains(self) && !Self.queues.contains(self)
    }

    var isWebhook: Bool { self == .mutatingWebhook || self == .validatingWebhook }

    package var side: Side {
        switch self {
        case .etcd: .etcd
        case .etcdClient: .connection
        case .mutatingWebhook, .validatingWebhook: .webhook
        default: .apiServer
        }
    }
}

/// The side that a verdict accuses.
package enum Side: String, Sendable, CaseIterable {
    case etcd
    case apiServer = "apiserver"
    case webhook
    /// Between the API server and etcd.
    case connection
}

/// The components, and which one a span counts for.
package struct ComponentTable: Sendable {
    /// By component number: the built-in ones, then those that the configuration adds.
    package let names: [String]
    private let mapping: @Sendable (OperationLabels) -> String?

    /// Limits the number of all components, so that a request's parts fit a small table.
    package static let countMax = 32

    /// - Parameters:
    ///   - added: names besides the built-in ones; those beyond `countMax` are dropped.
    ///   - mapping: overrides the built-in mapping: the component of an operation, or nil to keep the built-in one.
    package init(added: [String] = [], mapping: @escaping @Sendable (OperationLabels) -> String? = { _ in nil }) {
        let new = added.filter { !Component.builtinNames.contains($0) }
        names = Array((Component.builtinNames + new).prefix(Self.countMax))
        self.mapping = mapping
    }

    package func component(named name: String) -> Component? {
        names.firstIndex(of: name).map { Component(UInt8($0)) }
    }

    /// The component rule for spans of an operation.
    func mapping(_ labels: OperationLabels) -> ComponentMapping {
        ComponentMapping(
            target: target(labels), isServer: labels.kind == .server, isClient: labels.kind == .client,
            isStream: Self.streamingCalls.contains(labels.operation))
    }

    /// Calls to etcd that last until they break.
    private static let streamingCalls: Set = ["etcdserverpb.Watch/Watch", "etcdserverpb.Lease/LeaseKeepAlive"]

    private func target(_ labels: OperationLabels) -> ComponentMapping.Target {
        if let name = mapping(labels), let component = component(named: name) { return .component(component) }
        switch labels.role {
        case .etcd: return .component(.etcd)
        case .apiServer: return Self.targetOfAPIServer(labels.operation, labels.kind)
        case .kubelet, .other: return .parent
        }
    }

    private static func targetOfAPIServer(_ name: String, _ kind: SpanKind) -> ComponentMapping.Target {
        if kind == .client {
            if name.hasPrefix("etcdserverpb.") { return .component(.etcdClient) }
            return .webhookAbove(else: name.hasPrefix("HTTP ") ? .proxy : .apiServer)
        }
        switch name {
        case "authentication": return .component(.authentication)
        case "authorization": return .component(.authorization)
        case "audit": return .component(.audit)
        case "impersonation", "constrainedimpersonation": return .component(.impersonation)
        case "priorityandfairness": return .component(.priorityAndFairness)
        case "Call mutating webhook": return .component(.mutatingWebhook)
        case "Call validating webhook": return .component(.validatingWebhook)
        case "SerializeObject": return .component(.serialize)
        default: break
        }
        if name.hasSuffix(" etcd3") { return .component(.storage) }
        if name.hasPrefix("cacher") { return .component(.watchCache) }
        if name.hasPrefix("Transform") { return .component(.transform) }
        if name.hasPrefix("Proxy via ") { return .component(.proxy) }
        return .component(.apiServer)
    }
}

/// How to find the component of an operation's spans.
struct ComponentMapping: Equatable, Sendable {
    enum Target: Equatable, Sendable {
        case component(Component)
        /// A call by the API server: counts for a webhook if it is below one, else for this component. A request passed on
        /// to an aggregated API server is such a call; Kubernetes 1.36 has no `Proxy via` span.
        case webhookAbove(else: Component)
        /// A span of another service: counts for its caller's component.
        case parent
    }

    var target: Target
    /// Whether a request starts here: nothing below belongs to a webhook above.
    var isServer: Bool
    var isClient: Bool
    /// Whether its spans last as long as a stream by themselves.
    var isStream: Bool

    /// Marks a component that depends on the spans above. Shares no bit with component numbers.
    static let dependsOnParent: UInt8 = 0x80

    /// The component's number, or `dependsOnParent`.
    var component: UInt8 {
        if case .component(let component) = target { component.number } else { Self.dependsOnParent }
    }
}

/// The component rules of a view's operations.
struct ComponentMappings: Sendable {
    /// By operation.
    private(set) var mappings: [ComponentMapping] = []
    /// By operation: `ComponentMapping.component`.
    private(set) var components: [UInt8] = []
    /// Whether any of them is a stream.
    private(set) var haveStreams = false
    private var births = NameBirths()

    var byteCount: Int { mappings.capacity * MemoryLayout<ComponentMapping>.stride + components.capacity }

    /// Adds a view's new operations, and updates those whose number has another name.
    mutating func extend(_ view: WindowView, _ table: ComponentTable) {
        // The view is older than the last one: numbers beyond it may stand for other names by the next.
        let beyond = mappings.count - view.operations.count
        if beyond > 0 {
            mappings.removeLast(beyond)
            components.removeLast(beyond)
        }
        for operation in view.operationBirths.changed(since: births) where operation < mappings.count {
            mappings[operation] = table.mapping(view.operations[operation])
            components[operation] = mappings[operation].component
            haveStreams = haveStreams || mappings[operation].isStream
        }
        births = view.operationBirths
        for operation in mappings.count..<max(view.operations.count, mappings.count) {
            let mapping = table.mapping(view.operations[operation])
            mappings.append(mapping)
            components.append(mapping.component)
            haveStreams = haveStreams || mapping.isStream
        }
    }
}
