// SPDX-License-Identifier: Apache-2.0

// Decodes manifests strictly with the types of the projects that read them, and checks Compose files
// with Compose's own loader: an unknown field, or a value of a wrong type, fails.
//
// usage: manifests FILE...      YAML documents of KEDA and the Prometheus operator; others are left out
//
//	manifests compose FILE
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	keda "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"go.yaml.in/yaml/v3"
	strict "sigs.k8s.io/yaml"
)

type header struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
}

// newObject returns nil for kinds that others check.
func newObject(of header) any {
	switch of.APIVersion + "/" + of.Kind {
	case "keda.sh/v1alpha1/ScaledObject":
		return &keda.ScaledObject{}
	case "monitoring.coreos.com/v1/ServiceMonitor":
		return &monitoring.ServiceMonitor{}
	}
	return nil
}

// checkRules holds what KEDA's own admission would say of a sound document.
func checkRules(object any) error {
	scaled, ok := object.(*keda.ScaledObject)
	if !ok {
		return nil
	}
	if err := keda.ValidateTriggers(scaled.Spec.Triggers); err != nil {
		return err
	}
	return keda.CheckReplicaCountBoundsAreValid(scaled)
}

func checkDocument(document *yaml.Node) (string, error) {
	var of header
	if err := document.Decode(&of); err != nil {
		return "", err
	}
	object := newObject(of)
	if object == nil {
		return "", nil
	}
	text, err := yaml.Marshal(document)
	if err == nil {
		err = strict.UnmarshalStrict(text, object)
	}
	if err == nil {
		err = checkRules(object)
	}
	return of.Kind, err
}

func checkFile(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		kind, err := checkDocument(&document)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if kind != "" {
			fmt.Println(kind)
		}
	}
}

func checkCompose(path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithProfiles([]string{"*"}))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(len(project.Services), "services")
	return nil
}

func run(arguments []string) error {
	if len(arguments) == 2 && arguments[0] == "compose" {
		return checkCompose(arguments[1])
	}
	for _, path := range arguments {
		if err := checkFile(path); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: manifests FILE... | compose FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
