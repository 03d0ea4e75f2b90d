import YAML
import Testing

@testable import Setup

@Suite struct `A static pod's manifest` {
    private static let text = """
        # written by hand
        apiVersion: v1
        kind: Pod
        spec:
          containers:
          - name: sidecar
            image: example/sidecar:1
          - name: etcd # the database
            image: registry.example:5000/etcd:3.5.16-0@sha256:aa
            command:
            - etcd
            - --name=node-1
            - --data-dir=/var/lib/etcd
            volumeMounts:
            - mountPath: /var/lib/etcd/
              name: data
          volumes:
          - hostPath:
              path: /var/lib/etcd
            name: data

        """

    private func pod(_ text: String = text) throws -> StaticPod {
        try StaticPod(text, path: "etcd.yaml", component: "etcd")
    }

    /// The manifest after changes, read again.
    private func changed(_ text: String = text, _ change: (inout StaticPod) throws -> Void) throws -> StaticPod {
        var pod = try pod(text)
        try change(&pod)
        return try self.pod(pod.edits.applied())
    }

    @Test func `says its image's tag and its flags`() throws {
        let pod = try pod()
        #expect(pod.imageTag == "3.5.16-0")
        #expect(pod.value(of: "name") == "node-1")
        #expect(pod.value(of: "nam") == nil)
        #expect(pod.value(of: "data") == nil)
    }

    @Test func `gets flags, and keeps everything else to the letter`() throws {
        var pod = try pod()
        try pod.set(Setting("new", "a=b"))
        try pod.set(Setting("name", "node-2"))
        let lines = pod.edits.applied().split(separator: "\n", omittingEmptySubsequences: false)
        let expected = Self.text.replacing("--name=node-1", with: "--name=node-2").replacing(
            "    - --data-dir=/var/lib/etcd\n", with: "    - --data-dir=/var/lib/etcd\n    - --new=a=b\n")
        #expect(lines == expected.split(separator: "\n", omittingEmptySubsequences: false))
    }

    @Test func `isn't changed a second time by the same`() throws {
        func change(_ pod: inout StaticPod) throws {
            try pod.set(Setting("new", "1"))
            try pod.enable(gate: "APIServerTracing")
            try pod.add(environment: [Setting("OTEL_EXPORTER_OTLP_CERTIFICATE", "/certs/ca.crt")])
            try pod.mount([HostFolder(name: "tracing", path: "/etc/kubernetes/tracing")])
        }
        var once = try changed(Self.text, change)
        #expect(once.value(of: "new") == "1")
        #expect(once.shows("/etc/kubernetes/tracing/config.yaml"))
        try change(&once)
        #expect(once.edits.isEmpty)
    }

    @Test func `keeps feature gates that are set, and has each once`() throws {
        let gate = "APIServerTracing"
        for (before, after) in [
            ("A=true", "A=true,\(gate)=true"), ("A=false,\(gate)=false,B=true", "A=false,B=true,\(gate)=true"),
            ("\(gate)=true,A=true", "\(gate)=true,A=true"),
        ] {
            let text = Self.text.replacing("--name=node-1", with: "--feature-gates=\(before)")
            #expect(try changed(text) { try $0.enable(gate: gate) }.value(of: "feature-gates") == after)
        }
    }

    @Test func `shows a file below a mounted folder, not one beside it`() throws {
        let pod = try pod()
        for (path, isShown) in [
            ("/var/lib/etcd/member", true), ("/var/lib/etcd2/member", false), ("/var/lib", false), ("/etc", false),
        ] {
            #expect(pod.shows(path) == isShown, "\(path)")
        }
    }

    private static let mount = "    - mountPath: /new\n      name: new\n      readOnly: true\n"
    private static let flowMount = "{\"mountPath\": \"/new\", \"name\": \"new\", \"readOnly\": true}"

    /// A manifest with some of its lists in brackets, null or empty.
    @Test(arguments: [
        ("", "    volumeMounts:\n\(mount)"),
        ("    volumeMounts: []\n", "    volumeMounts:\n\(mount)"),
        ("    volumeMounts: [ ] # none\n", "    volumeMounts: # none\n\(mount)"),
        ("    volumeMounts: ~\t#none\n", "    volumeMounts:\t#none\n\(mount)"),
        ("    volumeMounts:\n", "    volumeMounts:\n\(mount)"),
        ("    volumeMounts: [\n    ]\n", ""),
        ("    volumeMounts:\n      null\n", "    volumeMounts:\n      [\(flowMount)]\n"),
        ("    volumeMounts: [{name: a}]\n", "    volumeMounts: [\(flowMount), {name: a}]\n"),
    ]) func `gets mounts, however its list is written`(before: String, after: String) throws {
        let head = "spec:\n  containers:\n  - command: [etcd, --name=x]\n"
        let tail = "    name: etcd\n  volumes: [{name: new, hostPath: {path: /new}}]\n"
        var pod = try pod(head + before + tail)
        guard !after.isEmpty else {
            #expect(throws: SetupError.self) { try pod.mount([HostFolder(name: "new", path: "/new")]) }
            return
        }
        try pod.mount([HostFolder(name: "new", path: "/new")])
        #expect(pod.edits.applied() == head + after + tail)
    }

    @Test func `in brackets keeps them, with quotes where values need them`() throws {
        let text =
            "{spec: {containers: [{name: etcd, command: [etcd, --gates=A=true, \"--b\"], env: , args: ~}], "
            + "volumes: }}\n"
        var pod = try pod(text)
        try pod.set(Setting("gates", "A=true,B=true"))
        try pod.set(Setting("new", "[::1]:1"))
        try pod.add(environment: [Setting("C", "d, e")])
        try pod.mount([HostFolder(name: "f", path: "/f")])
        #expect(
            pod.edits.applied()
                == "{spec: {containers: [{\"volumeMounts\": "
                + "[{\"mountPath\": \"/f\", \"name\": \"f\", \"readOnly\": true}], name: etcd, "
                + "command: [etcd, \"--gates=A=true,B=true\", \"--b\", \"--new=[::1]:1\"], "
                + "env: [{\"name\": \"C\", \"value\": \"d, e\"}], args: ~}], "
                + "volumes: [{\"hostPath\": {\"path\": \"/f\", \"type\": \"Directory\"}, \"name\": \"f\"}]}}\n")
        let again = try self.pod(pod.edits.applied())
        #expect(again.value(of: "gates") == "A=true,B=true" && again.value(of: "new") == "[::1]:1")
        #expect(again.variable("C") == "d, e" && again.shows("/f"))
    }

    @Test(arguments: [
        (
            "command:\n    - etcd\n    - --name=node-1\n    - --data-dir=/var/lib/etcd\n",
            "command: [etcd, \"--name=\\x78\"]\n", "by hand"
        ),
        ("spec:\n", "specification:\n", "no spec found"),
        ("- --name=node-1\n    - --data-dir=/var/lib/etcd", "- run", "no command with flags"),
        ("kind: Pod", "kind: [", "etcd.yaml:"),
    ]) func `that is written otherwise is refused with the place`(part: String, other: String, expected: String) {
        let text = Self.text.replacing(part, with: other)
        #expect(text != Self.text)
        #expect {
            _ = try changed(text) { try $0.set(Setting("name", "1")) }
        } throws: { error in
            (error is SetupError || error is Diagnostics) && "\(error)".contains(expected)
        }
    }
}
