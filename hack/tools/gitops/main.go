// Gitops says what GitOps tools make of Kubernetes objects: Argo CD by its health scripts in Lua, kstatus by itself, and
// Flux by the CEL expressions of a Kustomization, or kstatus where it has none for that kind.
//
// It prints a line for each object: its file's name, Argo CD's health, kstatus and Flux's status. A script or expression
// that cannot be run makes it "error", and is explained on standard error.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	argo := flag.String("argocd-cm", "", "the ConfigMap `file` with Argo CD's health scripts; those beside it, KIND.lua, must be the same")
	flux := flag.String("kustomization", "", "the Kustomization `file` with Flux's expressions")
	flag.Parse()
	if err := run(*argo, *flux, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gitops:", err)
		os.Exit(1)
	}
}

func run(argo, flux string, paths []string) error {
	scripts, err := readScripts(argo)
	if err != nil {
		return err
	}
	judges, err := readExpressions(flux)
	if err != nil {
		return err
	}
	for _, path := range paths {
		object, err := readObject(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		fmt.Println(name, told(name, object, scripts.health), told(name, object, kstatus), told(name, object, judges.status))
	}
	return nil
}

func told(name string, object *unstructured.Unstructured, judge func(*unstructured.Unstructured) (string, error)) string {
	said, err := judge(object)
	if err != nil {
		fmt.Fprintf(os.Stderr, "gitops: %s: %v\n", name, err)
		return "error"
	}
	return said
}

func readObject(path string) (*unstructured.Unstructured, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	// As from the API server: whole numbers are int64, not float64.
	if err := object.UnmarshalJSON(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return object, nil
}
