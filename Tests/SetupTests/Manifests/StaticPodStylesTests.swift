import TestSupport
import Testing

@testable import Setup

@Suite struct `Manifests in every style` {
    /// How a text is written, at random.
    private struct Style {
        var chance: SeededGenerator

        init(seed: UInt64) { chance = SeededGenerator(seed: seed) }

        mutating func pick(_ choices: String...) -> String { choices.randomElement(using: &chance) ?? "" }

        /// A flag on one line or two, plain or quoted.
        mutating func flag(_ name: String, _ value: String) -> [String] {
            let quote = pick("", "", "'", "\"")
            let joined = "\(quote)--\(name)=\(value)\(quote)"
            return Bool.random(using: &chance) ? [joined] : ["--\(name)", "\(quote)\(value)\(quote)"]
        }

        mutating func manifest() -> String {
            var arguments = ["etcd"] + flag("name", "node-1")
            if Bool.random(using: &chance) { arguments += flag("address", "a:1") }
            if Bool.random(using: &chance) { arguments += flag("old-rate", "7") }
            let isFlow = Int.random(in: 0..<8, using: &chance) == 0
            let command =
                isFlow
                ? " [\(arguments.joined(separator: ", "))]"
                : arguments.map { "\n    -\(pick(" ", "  "))\($0)\(pick("", "  # a:1 --address=a:1", "\t# a:1"))" }
                    .joined()
            let environment = pick(
                "", "    env:\n    - name: CA\n      value: /old\n", "    env: []\n", "    env:\n",
                "    env: null # none\n",
                "    env: [{name: CA, value: /old}]\n",
                "    env: [{name: CA, value: '/old'},\n      {name: B, value: b}]\n")
            let volumes = pick(
                "", "  volumes:\n  - name: tracing\n    hostPath: {path: /opt}\n", "  volumes: [{name: tracing}]\n",
                "  volumes: []\n", "  volumes:  # none\n", "  volumes: ~\n")
            let text =
                "spec:\n  containers:\n  - command:\(command)\n    name: etcd\n\(environment)  hostNetwork: true\n"
                + volumes
            let isOpen = Int.random(in: 0..<4, using: &chance) == 0
            return String(isOpen ? text.dropLast() : text[...]).replacing("\n", with: pick("\n", "\r\n"))
        }
    }

    private func change(_ pod: inout StaticPod) throws {
        _ = try pod.rename("old-rate", to: "rate")
        try pod.set(Setting("address", "b:2"))
        try pod.set(Setting("enable-distributed-tracing", "true"))
        try pod.add(environment: [Setting("CA", "/certs/ca.crt"), Setting("KEY", "/certs/tls.key")])
        try pod.mount([HostFolder(name: "tracing", path: "/certs")])
    }

    @Test func `are changed as meant, or refused with a place, and the ends of their lines stay`() throws {
        var changed = 0
        for seed in UInt64(0)..<2000 {
            var style = Style(seed: seed)
            let text = style.manifest()
            var pod = try StaticPod(text, path: "etcd.yaml", component: "etcd")
            #expect(pod.value(of: "name") == "node-1", "seed \(seed)")
            let rate = pod.value(of: "old-rate")
            do {
                try change(&pod)
            } catch {
                #expect(try #require(error as? SetupError).description.hasPrefix("etcd.yaml:"), "seed \(seed)")
                continue
            }
            changed += 1
            let result = pod.edits.applied()
            var again = try StaticPod(result, path: "etcd.yaml", component: "etcd")
            #expect(again.value(of: "address") == "b:2", "seed \(seed)")
            #expect(again.value(of: "name") == "node-1" && again.value(of: "rate") == rate, "seed \(seed)")
            #expect(
                again.variable("CA") == "/certs/ca.crt" && again.variable("KEY") == "/certs/tls.key", "seed \(seed)")
            #expect(again.shows("/certs/ca.crt"), "seed \(seed)")
            let bare = result.unicodeScalars.filter { $0 == "\n" }.count - result.count { $0 == "\r\n" }
            #expect(bare == 0 || !text.contains("\r\n"), "seed \(seed)")
            try change(&again)
            #expect(again.edits.isEmpty, "seed \(seed)")
        }
        #expect(changed > 1900)
    }

    @Test func `with random parts missing never crash`() {
        for seed in UInt64(0)..<3000 {
            var style = Style(seed: seed)
            var scalars = Array(style.manifest().unicodeScalars)
            for _ in 0..<Int.random(in: 1...4, using: &style.chance) {
                let place = Int.random(in: 0..<scalars.count, using: &style.chance)
                switch style.pick("remove", "tab", "break", "return") {
                case "remove": scalars.remove(at: place)
                case "tab": scalars.insert("\t", at: place)
                case "break": scalars.insert("\n", at: place)
                default: scalars.insert("\r", at: place)
                }
            }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            guard var pod = try? StaticPod(String(text), path: "etcd.yaml", component: "etcd") else { continue }
            try? change(&pod)
            // Where it was refused half-way, what was changed before is still a text.
            #expect(!pod.edits.applied().isEmpty, "seed \(seed)")
        }
    }
}
