package main

import (
	"context"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// kstatus is what Flux, and others, wait by.
func kstatus(object *unstructured.Unstructured) (string, error) {
	result, err := status.Compute(object)
	if err != nil {
		return "", err
	}
	return result.Status.String(), nil
}

// Flux's own evaluators, by kind.
type expressions map[schema.GroupVersionKind]*cel.StatusEvaluator

// readExpressions reads a Kustomization, whose fields must be those of Flux.
func readExpressions(path string) (expressions, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var kustomization kustomizev1.Kustomization
	if err := yaml.UnmarshalStrict(text, &kustomization); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	found := expressions{}
	for _, check := range kustomization.Spec.HealthCheckExprs {
		evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, check.Kind, err)
		}
		found[schema.FromAPIVersionAndKind(check.APIVersion, check.Kind)] = evaluator
	}
	return found, nil
}

func (e expressions) status(object *unstructured.Unstructured) (string, error) {
	evaluator, found := e[object.GroupVersionKind()]
	if !found {
		return kstatus(object)
	}
	result, err := evaluator.Evaluate(context.Background(), object)
	if err != nil {
		return "", err
	}
	return result.Status.String(), nil
}
