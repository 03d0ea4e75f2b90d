// What a span tells as evidence, by its operation.
extension EvidenceGathering {
    enum Role: UInt8 {
        case none
        case etcd
        /// A call to etcd by the API server.
        case etcdCall
        /// Another call by the API server.
        case call
        case mutatingWebhook
        case validatingWebhook
        case apiServer

        /// Webhooks whose calls are below the span.
        var webhook: Component? {
            switch self {
            case .mutatingWebhook: .mutatingWebhook
            case .validatingWebhook: .validatingWebhook
            case .none, .etcd, .etcdCall, .call, .apiServer: nil
            }
        }
    }

    static func role(_ labels: OperationLabels, _ components: ComponentTable) -> Role {
        let isAPIServer = labels.role == .apiServer
        return switch components.mapping(labels).target {
        case .component(.etcd): labels.kind == .server ? .etcd : .none
        case .component(.etcdClient): .etcdCall
        case .component(.mutatingWebhook) where isAPIServer: .mutatingWebhook
        case .component(.validatingWebhook) where isAPIServer: .validatingWebhook
        case .webhookAbove where isAPIServer: .call
        default: isAPIServer ? .apiServer : .none
        }
    }
}
