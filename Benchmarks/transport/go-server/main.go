// go-server PORT: receives Export calls with grpc-go and answers each with an empty message. It decodes nothing, so
// that only the transport is measured.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
)

// rawCodec passes messages on as the bytes they are.
type rawCodec struct{}

func (rawCodec) Marshal(message interface{}) ([]byte, error) { return *message.(*[]byte), nil }

func (rawCodec) Unmarshal(bytes []byte, message interface{}) error {
	*message.(*[]byte) = bytes
	return nil
}

// Name and String: grpc-go has two interfaces of codecs, and this has the methods of both.
func (rawCodec) Name() string   { return "proto" }
func (rawCodec) String() string { return "proto" }

func export(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (
	interface{}, error,
) {
	var request []byte
	if err := decode(&request); err != nil {
		return nil, err
	}
	return &[]byte{}, nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: go-server PORT")
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.CustomCodec(rawCodec{}), grpc.MaxRecvMsgSize(64<<20))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "opentelemetry.proto.collector.trace.v1.TraceService",
		HandlerType: (*interface{})(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Export", Handler: export}},
	}, struct{}{})
	log.Fatal(server.Serve(listener))
}
