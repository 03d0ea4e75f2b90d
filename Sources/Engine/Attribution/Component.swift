/// What a part of a request's time is charged to, by its number in a `ComponentTable`.
package struct Component: Hashable, BitwiseCopyable, Sendable {
    package var number: UInt8

    package init(_ number: UInt8) {
        self.number = number
    }

    package static let etcd = Component(0)
    /// The API server's calls of etcd: connection, queueing, network and scheduling between the two.
    package static let etcdClient = Component(1)
    package static let storage = Component(2)
    package static let watchCache = Component(3)
    package static let authentication = Component(4)
    package static let authorization = Component(5)
    package static let audit = Component(6)
    package static let impersonation = Component(7)
    package static let priorityAndFairness = Component(8)
    package static let mutatingWebhook = Component(9)
    package static let validatingWebhook = Component(10)
    package static let serialize = Component(11)
    package static let transform = Component(12)
    package static let proxy = Component(13)
    /// All else of the API server.
    package static let apiServer = Component(14)

    /// The names on every outside surface, by number.
    package static let builtinNames = [
        "etcd", "etcd-client", "storage", "watch-cache", "authentication", "authorization", "audit", "impersonation",
        "priority-and-fairness", "mutating-webhook", "validating-webhook", "serialize", "transform", "proxy",
        "apiserver",
    ]

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

/// Who is at fault, as a verdict names it.
package enum Side: String, Sendable, CaseIterable {
    case etcd
    case apiServer = "apiserver"
    case webhook
    /// Between the API server and etcd.
    case connection
}

/// The components there are, and which one a span counts for.
package struct ComponentTable: Sendable {
    /// By component number: the built-in ones, then those that mappings of the configuration add.
    package let names: [String]
    private let mapping: @Sendable (OperationLabels) -> String?

    /// Components in all, so that a request's parts fit a small table.
    package static let countMax = 32

    /// - Parameters:
    ///   - added: names beyond the built-in ones, as many as fit.
    ///   - mapping: the component of an operation by its name, ahead of the built-in mapping; nil where it says nothing.
    package init(added: [String] = [], mapping: @escaping @Sendable (OperationLabels) -> String? = { _ in nil }) {
        let new = added.filter { !Component.builtinNames.contains($0) }
        names = Array((Component.builtinNames + new).prefix(Self.countMax))
        self.mapping = mapping
    }

    package func component(named name: String) -> Component? {
        names.firstIndex(of: name).map { Component(UInt8($0)) }
    }

    /// What a span of an operation counts for.
    func mapping(_ labels: OperationLabels) -> ComponentMapping {
        ComponentMapping(target: target(labels), isServer: labels.kind == .server)
    }

    private func target(_ labels: OperationLabels) -> ComponentMapping.Target {
        if let name = mapping(labels), let component = component(named: name) { return .component(component) }
        switch labels.service {
        case "etcd": return .component(.etcd)
        case "apiserver", "kube-apiserver": return Self.targetOfAPIServer(labels.operation, labels.kind)
        default: return .parent
        }
    }

    private static func targetOfAPIServer(_ name: String, _ kind: SpanKind) -> ComponentMapping.Target {
        if kind == .client { return name.hasPrefix("etcdserverpb.") ? .component(.etcdClient) : .webhookAbove }
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

/// How the component of an operation's spans is found.
struct ComponentMapping: Equatable, Sendable {
    enum Target: Equatable, Sendable {
        case component(Component)
        /// A call of the API server: a webhook's where it stands below one, else the API server's own.
        case webhookAbove
        /// A span of any other service counts for what called it.
        case parent
    }

    var target: Target
    /// Whether another request begins here: what is below is no part of the webhook above.
    var isServer: Bool

    /// In place of the number of a component: the spans above have to be known. No bit of it is one of a component's.
    static let dependsOnParent: UInt8 = 0x80

    /// The number of the component whatever the span stands below, or `dependsOnParent`.
    var component: UInt8 {
        if case .component(let component) = target { component.number } else { Self.dependsOnParent }
    }
}

/// What the spans of each operation of a view count for.
struct ComponentMappings: Sendable {
    /// By operation.
    private(set) var charges: [ComponentMapping] = []
    /// By operation: `ComponentMapping.component`.
    private(set) var components: [UInt8] = []
    private var births = NameBirths()

    var byteCount: Int { charges.capacity * MemoryLayout<ComponentMapping>.stride + components.capacity }

    /// Takes in the operations that are new in a view, or have other names than they had.
    mutating func extend(_ view: WindowView, _ table: ComponentTable) {
        // An older view than the last: what is beyond it may have other names by the next.
        let beyond = charges.count - view.operations.count
        if beyond > 0 {
            charges.removeLast(beyond)
            components.removeLast(beyond)
        }
        for operation in view.operationBirths.changed(since: births) where operation < charges.count {
            charges[operation] = table.mapping(view.operations[operation])
            components[operation] = charges[operation].component
        }
        births = view.operationBirths
        for operation in charges.count..<max(view.operations.count, charges.count) {
            let charge = table.mapping(view.operations[operation])
            charges.append(charge)
            components.append(charge.component)
        }
    }
}
