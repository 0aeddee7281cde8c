// SPDX-License-Identifier: Apache-2.0

// Calls a method of the servers at some addresses by turns, as steadily as they answer, until its
// standard input ends. No retry policy is set. Prints what became of the calls as JSON.
//
// usage: rollout ADDRESS,ADDRESS... METHOD REQUEST_FILE
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

const (
	workers   = 2
	pause     = 4 * time.Millisecond
	timeout   = 10 * time.Second
	maxErrors = 10
	policy    = `{"loadBalancingConfig": [{"round_robin": {}}]}`
)

// bytesCodec takes messages as bytes.
type bytesCodec struct{}

func (bytesCodec) Name() string                  { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

type report struct {
	mutex  sync.Mutex
	Calls  int      `json:"calls"`
	Failed int      `json:"failed"`
	Errors []string `json:"errors"`
}

func (r *report) add(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Calls++
	if err == nil {
		return
	}
	r.Failed++
	if len(r.Errors) < maxErrors {
		r.Errors = append(r.Errors, err.Error())
	}
}

func dial(addresses string) (*grpc.ClientConn, error) {
	static := manual.NewBuilderWithScheme("static")
	var state resolver.State
	for _, address := range strings.Split(addresses, ",") {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	static.InitialState(state)
	return grpc.NewClient("static:///servers", grpc.WithResolvers(static),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(policy))
}

func call(connection *grpc.ClientConn, method string, request []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var answer []byte
	err := connection.Invoke(ctx, method, request, &answer, grpc.ForceCodec(bytesCodec{}))
	if err == nil && len(answer) == 0 {
		return fmt.Errorf("the answer is empty")
	}
	return err
}

func run(addresses, method, file string) error {
	request, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	connection, err := dial(addresses)
	if err != nil {
		return err
	}
	defer connection.Close()
	made := report{Errors: []string{}}
	var stop atomic.Bool
	var group sync.WaitGroup
	for i := 0; i < workers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for ; !stop.Load(); time.Sleep(pause) {
				made.add(call(connection, method, request))
			}
		}()
	}
	io.Copy(io.Discard, os.Stdin)
	stop.Store(true)
	group.Wait()
	return json.NewEncoder(os.Stdout).Encode(&made)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: rollout ADDRESS,ADDRESS... METHOD REQUEST_FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
