package import Rules

extension Alert {
    package static func firing(_ name: String = "Slow", _ labels: [String: String] = ["service": "etcd"]) -> Alert {
        Alert(
            name: name, labels: labels, annotations: ["summary": "etcd is slow"], state: .firing,
            activeAt: 1_795_407_346_000_000_000, firedAt: 1_795_407_361_500_000_000, value: 0.2125)
    }

    package static func resolved(_ name: String = "Slow", _ labels: [String: String] = ["service": "etcd"]) -> Alert {
        var alert = firing(name, labels)
        alert.state = .resolved
        alert.resolvedAt = 1_795_407_376_000_000_000
        return alert
    }

    package var transition: AlertTransition { AlertTransition(time: resolvedAt ?? firedAt ?? activeAt, alert: self) }
}
