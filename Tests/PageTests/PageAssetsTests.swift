import Foundation
import Testing

@testable import Page

@Suite struct `the page's files` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Page/Assets").standardizedFileURL

    @Test func `are those of the folder, unchanged`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(PageAssets.all.map(\.name).sorted() == names)
        for asset in PageAssets.all {
            #expect(
                try Data(contentsOf: Self.folder.appending(path: asset.name)) == Data(asset.content), "\(asset.name)")
        }
    }

    @Test(arguments: PageAssets.all.map(\.name))
    func `ask no other origin, and turn no text into markup`(name: String) throws {
        let text = try #require(PageAssets.named(name).map { String(decoding: $0.content, as: UTF8.self) })
        let addresses = text.matches(of: /(?:https?:)?\/\/[\w-]+\.[\w.\/-]+/).map { String($0.output) }
        // The name of SVG's namespace is no address that anything fetches.
        #expect(addresses.filter { $0 != "http://www.w3.org/2000/svg" } == [])
        for danger in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "@import",
        ] {
            #expect(!text.contains(danger), "\(name) contains \(danger)")
        }
    }

    @Test func `load only files that exist`() throws {
        for asset in PageAssets.all {
            let text = String(decoding: asset.content, as: UTF8.self)
            let loaded =
                text.matches(of: /from "\.\/([^"]+)"/).map { String($0.output.1) }
                + text.matches(of: /(?:src|href)="\/assets\/([^"]+)"/).map { String($0.output.1) }
            for name in loaded { #expect(PageAssets.named(name) != nil, "\(asset.name) loads \(name)") }
        }
    }

    @Test func `have a tag each, and a type that browsers run`() {
        #expect(Set(PageAssets.all.map(\.entityTag)).count == PageAssets.all.count)
        #expect(PageAssets.page.contentType == "text/html; charset=utf-8")
        #expect(PageAssets.named("main.js")?.contentType == "text/javascript; charset=utf-8")
        #expect(PageAssets.named("page.css")?.contentType == "text/css; charset=utf-8")
        #expect(PageAssets.named("../page.css") == nil)
    }
}
